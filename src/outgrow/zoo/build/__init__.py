"""Regenerates the chess zoo from seeds: self-play, puzzle mining, pretraining. Needs the extra `[zoo]` and Stockfish."""
