"""What asv tracks over commits: each file stands alone, can be imported with NumPy, and imports the rest in setup."""
