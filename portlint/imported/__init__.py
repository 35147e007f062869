"""A table of operators that somebody else wrote -> rows of an overlay."""
