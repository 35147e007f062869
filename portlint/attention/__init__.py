"""What portlint knows of attention: the kinds, what an instance is made of, and its verdict."""
