"""The live oracle: what torch-xla, in an interpreter of its own, makes of a model's operators."""
