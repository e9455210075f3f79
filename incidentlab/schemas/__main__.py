"""Rewrites the shipped JSON Schemas from the model."""

from incidentlab import schemas


def main() -> None:
    """Write every schema beside this module."""
    for name in schemas.names():
        schemas.path(name).write_text(schemas.render(name), encoding="utf-8")


if __name__ == "__main__":
    main()
