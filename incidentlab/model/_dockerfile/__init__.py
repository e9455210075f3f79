"""How a Dockerfile is read: lines, words, and what the instructions add up to."""
