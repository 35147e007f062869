"""The process that runs a stranger's model, seen from outside: how it starts, is heard and ends."""
