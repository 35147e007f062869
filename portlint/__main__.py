"""`python -m portlint` -> the command line."""

from portlint.cli import main

main()
