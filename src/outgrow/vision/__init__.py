"""Images: decoding and batches, and the networks that see them."""
