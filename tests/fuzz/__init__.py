"""Readers under wrong inputs: made by a seed, tried in processes of their own, counted, and kept where one fails."""
