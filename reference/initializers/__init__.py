"""Initializers: laws that fill an array before training, and what they do to signals; `draw(shape, *, rng, …)`."""
