"""How a graph of steps is carried out: one executor per file."""
