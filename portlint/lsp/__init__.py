"""The language server: open files and an editor's settings -> diagnostics, hovers and actions."""
