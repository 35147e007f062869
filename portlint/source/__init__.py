"""The source pass: Python text -> hits; never imports or runs what it reads."""
