"""Computational graphs: recording a function as nodes and edges, and the ways to its derivatives."""
