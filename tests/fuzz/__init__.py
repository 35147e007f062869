"""Inputs made at random from real ones, and what has to hold of each."""
