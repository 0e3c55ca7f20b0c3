"""Intervals that mean what they say: seeds and groups of test rows are crossed random effects."""
