"""The source pass: Python text -> hits, by libcst; never imports or runs what it reads."""
