"""Each module here is one way to prepare or disturb a stack; its name is the step's key in ``scenario.yaml``."""
