"""The standard OData interface of 1C (version 3), read only."""
