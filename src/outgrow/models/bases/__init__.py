"""What families of models share: the base classes of a medium, and how networks are read."""
