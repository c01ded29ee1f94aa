"""Optimizers: pure `init` and `step`, one array each, in the letters of the paper."""
