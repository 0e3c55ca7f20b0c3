"""How predictions are scored: one metric per file."""
