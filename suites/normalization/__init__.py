"""Normalization: each definition held to its claims, and torch's layers beside it."""
