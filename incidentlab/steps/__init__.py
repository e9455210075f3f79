"""Each module here is one way to prepare or disturb a stack."""
