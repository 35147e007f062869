"""`portlint init`: a repository -> its configuration, CI, pre-commit hook and editor task."""
