"""Tests of the gradient engine: its error bars, its verdicts, the mutants that it rejects, and its false alarms."""
