"""How sources are asked: each in a thread of its own, a pipe while it stays open, and where their facts lie."""
