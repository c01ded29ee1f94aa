"""Reproduction: a failed check as a script of at most thirty lines that needs the subject and its framework alone."""
