"""Findings and what was not seen -> hours with the reasons for them."""
