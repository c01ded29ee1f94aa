"""The costs: benchmarks over references, checks and subjects."""
