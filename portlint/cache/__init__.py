"""What earlier runs found, kept so that unchanged files cost nothing. Never pickled, never run."""
