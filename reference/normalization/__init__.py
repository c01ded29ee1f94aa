"""Normalization: standardized activations and weights, forward and backward."""
