"""Chess: the rules, the encoding of positions and moves, and the network that predicts moves."""
