"""Makes the pictures of the documentation from real runs: ``python docs/make_pictures.py``.

Each is what a terminal of 80 columns shows, drawn as an SVG that needs neither a network nor a font of its own.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

FOLDER = Path(__file__).resolve().parent / "images"
COLUMNS = 80

PICTURES = {
    "run-broken": ["run", "broken", "--engine", "local"],
    "diagnose": ["diagnose"],
}

THEME = TerminalTheme(
    (250, 250, 247),
    (40, 42, 46),
    [
        (40, 42, 46),
        (178, 42, 42),
        (26, 115, 72),
        (138, 96, 0),
        (36, 84, 148),
        (122, 62, 130),
        (0, 104, 122),
        (110, 112, 116),
    ],
)

FORMAT = """\
<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 16px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def terminal_output(arguments: list[str]) -> str:
    """Run incidentlab and return what a terminal would show, progress and result together, with colours."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "incidentlab", "--color", "always", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    return done.stdout.decode()


def picture(arguments: list[str]) -> str:
    """Return the SVG of a command and its output."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.assemble(("$ ", "dim"), ("incidentlab " + " ".join(arguments), "bold")))
    console.print(Text.from_ansi(terminal_output(arguments)), soft_wrap=False)
    return console.export_svg(title="", theme=THEME, code_format=FORMAT, unique_id="incidentlab")


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, arguments in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(picture(arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
