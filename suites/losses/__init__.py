"""The losses and regularizers held to their claims, one file an algorithm."""
