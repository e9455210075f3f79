"""Commands that make sense now, each with what it is for."""

from collections.abc import Sequence

from rich.console import Group
from rich.text import Text


def view(commands: Sequence[tuple[str, str]], width: int, title: str = "Next") -> Group:
    """Return the commands, their meanings beside them, or beneath where ``width`` does not hold both.

    Each is a whole line and in no table: a command must never be cut, however narrow the terminal.
    """
    widest = max((len(text) for text, _ in commands), default=0)
    room = all(2 + widest + 3 + len(meaning) <= width for _, meaning in commands)
    lines = [Text(f"  {title}", "title")]
    for text, meaning in commands:
        line = Text(f"  {text:<{widest}}" if room else f"  {text}", "command", no_wrap=True, overflow="ignore")
        lines.append(line.append(f"   {meaning}", "quiet") if room else line)
        lines += [] if room else [Text(f"    {meaning}", "quiet")]
    return Group(*lines)
