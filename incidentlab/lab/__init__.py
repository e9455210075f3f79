"""The pipeline as a list of verbs: start, reproduce, collect, diagnose, assess, archive."""
