"""Tests that mirror reference/optimizers."""
