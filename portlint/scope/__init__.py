"""Which models and entry points there are, and what each of them would run into."""
