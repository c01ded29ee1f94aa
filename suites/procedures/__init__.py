"""Training procedures held to their claims, under every optimizer where that is what they claim."""
