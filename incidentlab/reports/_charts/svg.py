"""Pieces of SVG: elements, texts that fit, scales and round ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from incidentlab.reports._text import one_line

_CHAR = 0.56  # mean width of a character of a sans-serif font, as a share of the font's size


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values onto pixels; ``log`` for values of very different size."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; values outside lie on the border."""
        low, high, at = (self._at(each) for each in (self.low, self.high, value))
        share = (at - low) / (high - low) if high > low else 0.0
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def _at(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values (1, 2 or 5 times a power of ten apart) between two bounds, at most ``most``."""
    span = high - low
    if span <= 0 or most < 1:
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * factor for factor in (1, 2, 5, 10, 20) if span / (size * factor) <= most - 1 or factor == 20)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 9) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return the powers of ten between two bounds, with 2 and 5 times them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [each for each in values if low <= each <= high]


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    """Return a text element; ``kind`` is its class."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def heading(x: float, y: float, name: str, rest: str) -> str:
    """Return a name and, in the same line, what is said of it."""
    later = f'<tspan class="t-note" dx="10">{escape(one_line(rest))}</tspan>'
    return f'<text x="{x:.1f}" y="{y:.1f}" class="t-head">{escape(one_line(name, 40))}{later}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def cross(x: float, y: float, radius: float, kind: str, told: str = "") -> str:
    """Return a ✕, drawn; ``told`` is read to those who point at it."""
    left, right, top, bottom = x - radius, x + radius, y - radius, y + radius
    path = f"M{left:.1f} {top:.1f}L{right:.1f} {bottom:.1f}M{left:.1f} {bottom:.1f}L{right:.1f} {top:.1f}"
    return f'<path d="{path}" class="{kind}">{_told(told)}</path>'


def dot(x: float, y: float, radius: float, kind: str, told: str = "") -> str:
    """Return a filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}">{_told(told)}</circle>'


def bar(x: float, y: float, width: float, height: float, kind: str, told: str = "") -> str:
    """Return a bar, at least wide enough to be seen."""
    size = f'width="{max(width, 1.5):.1f}" height="{height:g}" rx="1.5"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} class="{kind}">{_told(told)}</rect>'


def picture(key: str, size: tuple[float, float], title: str, desc: str, parts: Sequence[str]) -> str:
    """Return a whole drawing of ``size`` (width, height), named and described; ``key`` makes its ids unique."""
    width, height = size
    return (
        f'<svg viewBox="0 0 {width:g} {height:.0f}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" fill="currentColor">'
        f'<title id="{key}-title">{escape(one_line(title))}</title>'
        f'<desc id="{key}-desc">{escape(one_line(desc))}</desc>{"".join(parts)}</svg>'
    )


def wrapped(words: str, pixels: float, size: float, rows: int = 2) -> list[str]:
    """Return the words in at most ``rows`` lines of at most ``pixels``, the rest cut with an ellipsis."""
    most = max(int(pixels / (size * _CHAR)), 8)
    lines = wrap(one_line(words), most) or [""]
    return lines if len(lines) <= rows else [*lines[: rows - 1], f"{lines[rows - 1][: most - 1]}…"]


def seconds(value: float, *, signed: bool = False) -> str:
    """Return the label of a tick."""
    return f"{value:+g} s".replace("-", "\u2212") if signed else f"{value:g} s".replace("-", "\u2212")


def wide(words: str, size: float) -> float:
    """Return about how many pixels the words take."""
    return len(words) * size * _CHAR


def _told(words: str) -> str:
    return f"<title>{escape(one_line(words))}</title>" if words else ""
