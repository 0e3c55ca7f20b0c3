"""Where curves and results are sent beside the store: one tracker per file."""
