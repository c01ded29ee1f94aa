"""The tests of the preprocessing steps, one file a definition."""
