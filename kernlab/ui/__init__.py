"""The window: knows Qt and the contract, no mathematics."""
