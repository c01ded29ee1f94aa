"""Layers, and networks made of them: forward passes, and backward passes derived by hand."""
