"""Computational graphs against their claims: one file for each definition."""
