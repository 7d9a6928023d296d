"""Source → cleaning → store: which days are asked for, what is believed, what is replaced."""
