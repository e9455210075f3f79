"""What the classic builder says while it builds, understood: which step it is at, and how it failed."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidentlab.engines._docker.recipe import Instruction
from incidentlab.logtext import LineBuffer, bound_line, clean_line

HEAD, TAIL = 4, 16  # first and last lines of a step's output that go into an error: some programs name it at once

# "Step 3/9 : RUN pip install …"; Podman writes "STEP 3/9: RUN …".
_STEP = re.compile(r"^step (?P<number>\d+)/(?P<total>\d+)\s*: (?P<text>.*)$", re.IGNORECASE)
_IMAGE = re.compile(r"^ ---> (?P<id>[0-9a-f]{12})$")
_BUILT = re.compile(r"^Successfully built (?P<id>[0-9a-f]{12,64})$")
_NOISE = re.compile(r"^( ---> |Removing intermediate container |Successfully (built|tagged) |\[Warning\])")
_LAYER_TOLD = frozenset({"Pull complete", "Already exists"})


@dataclass(frozen=True, slots=True)
class Failure:
    """How a build failed: at which step, with which message, after which output."""

    message: str
    code: int | None
    step: str  # "5/9", empty where it failed before the first
    text: str
    number: int
    output: tuple[str, ...]


class BuildLog:
    """Reads the builder's stream item by item."""

    def __init__(self, planned: tuple[Instruction, ...]) -> None:
        self._planned = planned
        self._lines = LineBuffer()
        self._begun: list[str] = []
        self._output: deque[str] = deque(maxlen=TAIL)
        self._left_out = 0
        self._step = ""
        self._text = ""
        self._number = 0
        self._last_was_cached = False
        self.image = ""
        self.made: list[str] = []  # images that this build made, not found in the cache; the last is the topmost
        self.failure: Failure | None = None

    @property
    def position(self) -> str:
        """Return the step that is being carried out, as people know it."""
        return f"{self._step} ({self._text})" if self._step else ""

    def read(self, item: Mapping[str, Any]) -> list[str]:
        """Take one item; return what is worth telling."""
        if "error" in item:
            self._fail(item)
        if "aux" in item:
            self.image = str(item["aux"].get("ID") or self.image)
        if "status" in item:
            status = str(item["status"])
            return [f"layer {item.get('id', '?')}: {status.lower()}"] if status in _LAYER_TOLD else []
        told: list[str] = []
        for line in self._lines.feed(str(item.get("stream", "")).encode()):
            told += self._read_line(bound_line(clean_line(line)))
        return told

    def _read_line(self, line: str) -> list[str]:
        if step := _STEP.match(line):
            # The labels that we ask for are further steps to the builder; people count what their file has.
            total = len(self._planned) or step["total"]
            ours = int(step["number"]) > len(self._planned) > 0
            self._step = f"{step['number']}/{total}"
            self._number, self._text = int(step["number"]), self._shown(int(step["number"]), step["text"])
            self._begun.clear()
            self._output.clear()
            self._left_out = 0
            self._last_was_cached = False
            return [] if ours else [f"{self._step} {self._text}"]
        if line == " ---> Using cache":
            self._last_was_cached = True
            return [f"{self._step} from the cache"] if self._number <= len(self._planned) else []
        if image := _IMAGE.match(line):
            if not self._last_was_cached and not self._text.upper().startswith("FROM"):
                self.made.append(image["id"])
        elif built := _BUILT.match(line):
            self.image = self.image or built["id"]
        elif line and not _NOISE.match(line):
            self._keep(line)
        return []

    def _keep(self, line: str) -> None:
        if len(self._begun) < HEAD:
            self._begun.append(line)
            return
        self._left_out += len(self._output) == TAIL
        self._output.append(line)

    def _shown(self, number: int, text: str) -> str:
        """Return the instruction as the file has it: the builder prints variables filled in, and long lines whole."""
        text = self._planned[number - 1].text if number <= len(self._planned) else text
        return text if len(text) <= 100 else text[:99] + "…"

    def _fail(self, item: Mapping[str, Any]) -> None:
        detail = item.get("errorDetail") or {}
        code = detail.get("code")
        self.failure = Failure(
            clean_line(str(item["error"])),
            code if isinstance(code, int) else None,
            self._step,
            self._text,
            self._number,
            (*self._begun, *([f"… ({self._left_out:,} lines)"] if self._left_out else []), *self._output),
        )
