"""The gate: is one version of a project slower than another, decided with a stated chance of a false alarm?"""
