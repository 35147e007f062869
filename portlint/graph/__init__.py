"""The graph pass: op records of a traced model -> sightings and a coverage table. No torch here."""
