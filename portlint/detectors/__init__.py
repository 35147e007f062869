"""Detectors: plain functions a rule names where symbols alone cannot say what is meant.

A detector takes a node (its annotation says which kinds) and the place, and yields what it
found; one whose first parameter is `Hits` runs last, over everything found in the file.
"""
