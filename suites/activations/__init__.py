"""Activations against their claims, with torch's beside them."""
