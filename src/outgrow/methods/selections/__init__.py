"""Selections: weak labels to a weight for each row, one file each."""
