"""The manual as a site: pages made from the docstrings of definitions, rules, checks and doors, beside the guides."""
