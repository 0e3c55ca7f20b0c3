"""What published claims are worth here: the studies that test them, and a table of their verdicts."""
