"""Notebooks: what they hold, and where in the file it stands."""
