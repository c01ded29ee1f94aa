"""Activations: `forward` and hand-derived `backward` of the functions between the layers, in their papers' letters."""
