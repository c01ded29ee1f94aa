"""Runs that reports draw: each module makes one kind of run and writes it down as JSON."""
