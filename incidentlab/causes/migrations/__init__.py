"""The causes around migrations and the schema."""
