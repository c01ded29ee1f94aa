"""Objectives held to their claims, and beside torch's derivatives of the same formulas."""
