"""Update rules exactly as lectures print them, where they print them wrongly, each refuted by a measurement."""
