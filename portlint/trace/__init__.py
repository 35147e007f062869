"""The child process that runs a stranger's model: the only part of portlint that imports torch."""
