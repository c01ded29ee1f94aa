"""The rules: how the options of real subjects compose the definitions, one table row each."""
