"""The verifier verified: how many planted mistakes certify finds, and how often it finds one that is not there."""
