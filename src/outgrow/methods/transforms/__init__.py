"""Transforms: weak labels to other weak labels, one file each."""
