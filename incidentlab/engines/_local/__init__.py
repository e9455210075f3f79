"""The parts of the local engine: who runs, what is written down, the server, the Dockerfile, the app."""
