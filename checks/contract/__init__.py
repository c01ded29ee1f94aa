"""The contract of an optimizer: one claim per function, one module per section of the contract."""
