"""The definitions: algorithms that train neural networks, in float64 NumPy, each in the letters of its paper."""
