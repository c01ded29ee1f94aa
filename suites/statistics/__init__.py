"""The statistics engine held to its own claims: false alarms counted, power reached on mutants, bad input refused."""
