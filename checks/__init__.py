"""The claims: measuring tools that turn a claim about an algorithm into evidence, and know how to test, never whom."""
