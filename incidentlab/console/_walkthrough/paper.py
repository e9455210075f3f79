"""What all steps are written on: headings, prose that is easy to read, and whatever else is shown, screen by screen."""

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from incidentlab.console._walkthrough import pause
from incidentlab.console.output import Output

_WIDEST = 80  # columns of prose
_BELOW = 2  # rows that stay free for the question and the blank line above it


class Paper:
    """Writes on stdout; with ``-q`` what happens is shown and the explanations are left out.

    Args:
        output: says where and how much.
        ask: waits for a key before what was not read yet would leave the screen; ``None`` never waits.
    """

    def __init__(self, output: Output, ask: Callable[[], str] | None = None) -> None:
        self.output = output
        self.console = output.out
        self.signs = output.signs
        self.muted = False
        self.ask = ask
        self._rows = 0

    def show(self, *parts: RenderableType) -> None:
        """Print parts beneath one another, and a blank line.

        A part, and each part of a Group, is kept in one piece: a pause comes before it where it would not fit.
        """
        if self.muted:
            return
        for block in _blocks(parts):
            rows = self._rows_of(block)
            if rows > 1 or _says_something(block):
                self._make_room(rows)
            self.output.show(Group(block))  # Rich joins bare texts into one, which folds even those that are whole
            self._rows += rows
        self.output.show(Text())
        self._rows += 1

    def prose(self, *paragraphs: str) -> None:
        """Print explanations."""
        if not self.output.quiet:
            for paragraph in paragraphs:
                self.show(self.narrow(Padding(Text(paragraph), (0, 2), expand=False)))

    def heading(self, number: int, titles: Sequence[str]) -> None:
        """Print the heading of a step."""
        if self.muted:
            return
        title = Text(f"Step {number} of {len(titles)} {self.signs.dot} {titles[number - 1]}", "title")
        self.output.show(Text(), title, self.line())
        self._rows += 3

    def passed(self, number: int, titles: Sequence[str]) -> None:
        """Print the one line of a step that is carried out and not shown."""
        words = f"  Step {number} of {len(titles)} {self.signs.dot} {titles[number - 1]}"
        self.output.show(Group(Text(words, "quiet", no_wrap=True, overflow="ellipsis")))
        self._rows += 1

    def line(self) -> Constrain:
        """Return a line across the paper; Rich does not look at the encoding where a rule has no title."""
        return self.narrow(Rule(characters="-" if self.console.options.ascii_only else "\u2500", style="quiet"))

    def narrow(self, content: RenderableType) -> Constrain:
        """Keep lines from growing longer than eyes follow with ease."""
        return Constrain(content, min(_WIDEST, self.console.width))

    def wait(self, prompt: str) -> None:
        """Ask, and begin to count the screen's rows anew.

        Raises:
            LeftEarlyError: the person leaves.
        """
        if self.ask is not None:
            pause.wait(self.ask, prompt, self.console)
        self._rows = 0

    def printed(self, rows: int) -> None:
        """Count rows that others have printed since the last pause."""
        self._rows += rows

    def _make_room(self, rows: int) -> None:
        if self.ask is not None and self._rows and self._rows + rows > self.console.size.height - _BELOW:
            self.wait(f"  Enter: more {self.signs.dot} q: leave ")

    def _rows_of(self, block: RenderableType) -> int:
        """Count the rows that a block takes, those among them into which the terminal breaks its long lines."""
        text = "".join(each.text for each in self.console.render(block) if not each.control)
        return sum(max(1, -(-cell_len(line) // self.console.width)) for line in text.splitlines())


def _blocks(parts: tuple[RenderableType, ...]) -> Iterator[RenderableType]:
    for part in parts:
        yield from part.renderables if isinstance(part, Group) else (part,)


def _says_something(block: RenderableType) -> bool:
    return not isinstance(block, Text) or bool(block.plain.strip())
