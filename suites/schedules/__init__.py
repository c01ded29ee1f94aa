"""Schedules and limits on gradients: each definition against its claims, its mutants and torch's own."""
