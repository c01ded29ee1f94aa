"""Preprocessing: maps of the inputs, fitted once to the training set and applied to every other set as they are."""
