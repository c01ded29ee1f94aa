"""Layers and networks against their claims: one file for each definition."""
