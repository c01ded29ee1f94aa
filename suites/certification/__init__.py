"""Certification: public optimizers as subjects, with the verdicts that were read by hand in their sources."""
