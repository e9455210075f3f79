"""How fast and how heavy incidentlab is, as ratios to what people use today; ``python -m benchmarks``."""
