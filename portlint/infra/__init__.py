"""The infra pass: files that are not Python -> facts -> sightings. Nothing is run or resolved."""
