"""Tests of what the reports make of records."""
