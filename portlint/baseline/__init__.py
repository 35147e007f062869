"""What was there before: a file of counts, or a git revision, and which findings it has."""
