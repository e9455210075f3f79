"""What the Docker engine is made of; the only place of the project that imports the Docker SDK."""
