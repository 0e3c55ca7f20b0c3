"""Figures as values: axes, charts, and the words and marks on them."""
