"""Weak labels of one's own, as values: read out of tables, fused, and compared by evidence that needs no truth."""
