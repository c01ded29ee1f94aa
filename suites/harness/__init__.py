"""The harness tested by itself: sound subjects that must pass, mutants that must be rejected."""
