"""Losses and regularizers: `forward` and hand-derived `backward`, what training minimizes and what it is judged by."""
