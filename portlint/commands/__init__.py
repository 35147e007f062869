"""The commands beside check, trace and audit: each names its flags and calls what does it."""
