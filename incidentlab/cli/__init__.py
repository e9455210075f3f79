"""Typer: one module per verb; each parses, calls and renders."""
