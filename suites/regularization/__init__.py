"""The tests of the regularizers by noise and data, one file a definition."""
