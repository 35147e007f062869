"""What a file alone cannot tell: guards that hold or fall with the files beside it."""

BASES = frozenset("base common core runtime main requirements default install".split())
"""Lists of requirements that the others of their folder are installed on top of."""
ADDED = "an addition to the base list beside it"
"""The guard of a list that includes no other; it falls where no base list is beside it."""
FOR_AMD = "HIP source, for AMD GPUs, beside sources for CUDA"
"""The guard of a source that holds for a tree with CUDA's own only."""
