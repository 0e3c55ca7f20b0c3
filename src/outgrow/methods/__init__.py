"""How the student is trained from weak labels: one method per file."""
