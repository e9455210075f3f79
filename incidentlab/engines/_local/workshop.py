"""One stage in the making: its files, what its instructions have added up to, and what has to be said about it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from incidentlab.engines._local.translate import Translation
from incidentlab.errors import UnsupportedInstructionError
from incidentlab.model.dockerfile import Dockerfile, Instruction, LaunchConfig, Stage


@dataclass(slots=True)
class Workshop:
    """Where the instructions of one stage are carried out. ``file`` is the Dockerfile's name as people know it."""

    file: str
    dockerfile: Dockerfile
    stage: Stage
    context: Path
    root: Path  # stands for /
    config: LaunchConfig
    progress: Callable[[str], None]
    notes: list[str] = field(default_factory=list)

    def where(self, instruction: Instruction) -> str:
        """Return file and line of an instruction."""
        return f"{self.file}:{instruction.first_line}"

    def note(self, text: str) -> None:
        """Say how this engine did something differently from Docker."""
        self.notes.append(text)

    def place(self, path: str) -> Path:
        """Return where a path of the image lies on this machine."""
        return Translation(self.root, 0, 0).place(path, self.config.workdir)

    def target(self, instruction: Instruction, path: str) -> Path:
        """Return a place to write to; links among the copied files cannot lead out of the image.

        Raises:
            UnsupportedInstructionError: one does.
        """
        place = self.place(path)
        if not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(self.root)):
            raise unsupported(self, instruction, f"{path} leads out of the image by a link")
        return place


def unsupported(shop: Workshop, instruction: Instruction, why: str) -> UnsupportedInstructionError:
    """Return the error that refuses an instruction by name and line."""
    text = f"{instruction.keyword} {instruction.arguments}"
    shown = text if len(text) <= 100 else text[:99] + "…"
    return UnsupportedInstructionError(
        f"{shop.where(instruction)}: the local engine cannot carry out {instruction.keyword}.",
        why=f"{shown}\n{why[0].upper()}{why[1:]}.",
        mend=("Use the Docker engine for this variant: --engine docker",),
    )
