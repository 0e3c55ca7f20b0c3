"""Regenerates the chess zoo from seeds: self-play, mining, pretraining. Needs the extra `[zoo]` and Stockfish."""
