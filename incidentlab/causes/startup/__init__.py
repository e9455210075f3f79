"""The causes around starting up and being wired together."""
