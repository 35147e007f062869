"""Root causes -> work packages in stages: what comes first, what goes side by side."""
