"""Regularization by noise and data: definitions that make a network generalise without a term in its loss."""
