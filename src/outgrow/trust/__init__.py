"""How far to trust a classifier whose truth is known for a few audited rows only, or for none."""
