"""The sheet on which a person checks rows: written, and read back."""
