"""Two reports of one code base -> what became better or worse. No I/O."""
