"""What 1C's standard OData interface says of the book: version 3, JSON or Atom, reading only."""
