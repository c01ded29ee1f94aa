"""Training procedures: what is done around the steps of an optimizer, from the loop itself to what is tried next."""
