"""Attention as repositories write it, each variant in several spellings; see tests/entry.py."""
