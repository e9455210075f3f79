"""The names of all styles and signs, in one table; colour never carries a meaning alone."""

from rich.theme import Theme

THEME = Theme(
    {
        "good": "green",
        "bad": "bold red",
        "warn": "yellow",
        "quiet": "dim",
        "strong": "bold",
        "command": "cyan",
        "code": "default",
        "title": "bold",
        "added": "green",
        "removed": "red",
        "verdict.good": "bold green",
        "verdict.bad": "bold red",
        "verdict.unsure": "bold yellow",
    }
)


class Signs:
    """The signs of a terminal; plain ASCII where its encoding knows no others."""

    def __init__(self, encoding: str) -> None:
        self.met, self.unmet, self.point, self.arrow, self.dot = "✓", "✗", "•", "→", "·"
        try:
            "✓✗•→·╭│".encode(encoding)
        except (UnicodeEncodeError, LookupError):
            self.met, self.unmet, self.point, self.arrow, self.dot = "+", "x", "*", "->", "-"
