"""What learns: one model family per file."""
