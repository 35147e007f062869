"""What portlint costs beside ruff, TorchFix, Fixit and semgrep; `make bench` runs it."""
