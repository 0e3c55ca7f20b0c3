"""What is to be learned: one task source per file."""
