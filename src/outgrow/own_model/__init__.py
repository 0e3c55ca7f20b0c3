"""From weak labels of one's own to a model folder, and how far to trust it."""
