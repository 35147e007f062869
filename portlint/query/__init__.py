"""A name or an expression -> what rules and tables say of it, without a repository."""
