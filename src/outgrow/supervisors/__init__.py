"""Weak supervisors: who labels `transfer`."""
