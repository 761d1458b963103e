"""The models of the parity suite: their data, how each is trained and exported, and what is recorded of it."""
