"""Everything that can go wrong on purpose, in one tree; each error carries its mend.

::

    IncidentlabError                 exit code
    ├── UsageError                   2    the command cannot be understood as given
    │   ├── UnknownNameError         2    no scenario, variant, run, cause … of that name
    │   └── ScenarioError            2    a scenario.yaml is wrong, with file, line and column
    ├── NotAsExpectedError           3    the run did not show what its scenario promises
    ├── EnvironmentUnfitError        4    this machine cannot do it now
    │   ├── EngineUnavailableError   4    no daemon, no permission, no PostgreSQL
    │   ├── ImageUnavailableError    4    a base image is neither here nor to be had
    │   ├── BuildFailedError         4    an image could not be built
    │   ├── DatabaseNotReadyError    4    the lab's own PostgreSQL did not come up
    │   ├── UnsupportedInstructionError  4    the local engine cannot carry out a Dockerfile line
    │   ├── EngineLostError          4    the engine went away in the middle of a run
    │   ├── StepFailedError          4    a step of the scenario could not be carried out
    │   ├── CompanionUnavailableError  4  a server beside the app is not here, or did not come up
    │   │   ├── CompanionMissingError  4  its program is not installed on this machine
    │   │   └── RulesRefusedError      4  it does not take the alert rules that it was given
    │   └── StorageError             4    a record could not be written or read
    ├── RefusedError                 5    refused for safety
    ├── LeftBehindError              6    something of ours could not be removed
    └── InterruptedRunError          130  Ctrl-C or SIGTERM, after everything was removed
"""

from collections.abc import Sequence
from difflib import get_close_matches


class IncidentlabError(Exception):
    """What happened, why, and what to do about it; shown to people as one panel.

    Args:
        what: one sentence, what happened.
        why: the reason as far as it is known; may be empty.
        mend: what to do, one step an item; commands are written so that they can be pasted.
    """

    exit_code = 1
    title = "Something went wrong"

    def __init__(self, what: str, *, why: str = "", mend: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.mend = tuple(mend)


class UsageError(IncidentlabError):
    """The command cannot be understood as given."""

    exit_code = 2
    title = "That command cannot be carried out"


class UnknownNameError(UsageError):
    """There is no thing of that name; the nearest names are offered."""

    title = "Unknown name"

    def __init__(self, kind: str, name: str, known: Sequence[str], *, listing: str = "") -> None:
        near = get_close_matches(name, known, n=3, cutoff=0.4)
        mend = [f"Did you mean {' or '.join(near)}?"] if near else []
        if listing:
            mend.append(f"See what there is: {listing}")
        super().__init__(
            f"There is no {kind} named {name!r}.",
            why=f"Known: {', '.join(known)}." if known and len(known) <= 12 else "",
            mend=mend,
        )
        self.near = tuple(near)


class ScenarioError(UsageError):
    """A scenario file is wrong; each problem is named with file, line and column."""

    title = "The scenario cannot be used"

    def __init__(self, what: str, problems: Sequence[str], *, mend: Sequence[str] = ()) -> None:
        super().__init__(what, why="\n".join(problems), mend=mend)
        self.problems = tuple(problems)


class NotAsExpectedError(IncidentlabError):
    """The run did not show what its scenario promises."""

    exit_code = 3
    title = "Not as expected"


class EnvironmentUnfitError(IncidentlabError):
    """This machine cannot do it now."""

    exit_code = 4
    title = "This machine cannot do that yet"


class EngineUnavailableError(EnvironmentUnfitError):
    """No daemon answers, the socket refuses us, or no PostgreSQL is installed."""

    title = "The engine cannot be used"


class ImageUnavailableError(EnvironmentUnfitError):
    """A base image is neither here nor to be had."""

    title = "An image is missing"


class BuildFailedError(EnvironmentUnfitError):
    """An image could not be built."""

    title = "The image could not be built"


class DatabaseNotReadyError(EnvironmentUnfitError):
    """The lab's own PostgreSQL did not come up; the incident itself could not be tried."""

    title = "PostgreSQL did not get ready"


class UnsupportedInstructionError(EnvironmentUnfitError):
    """The local engine cannot carry out a line of the Dockerfile."""

    title = "The local engine cannot carry out this Dockerfile"


class EngineLostError(EnvironmentUnfitError):
    """The engine went away in the middle of a run."""

    title = "The engine went away"


class StepFailedError(EnvironmentUnfitError):
    """A step of the scenario could not be carried out: the incident itself could not be tried."""

    title = "The scenario could not be set up"


class CompanionUnavailableError(EnvironmentUnfitError):
    """A server that was to run beside the app, such as Prometheus, is not here or did not come up."""

    title = "The monitoring cannot be used"


class CompanionMissingError(CompanionUnavailableError):
    """The program of such a server is not installed on this machine."""


class RulesRefusedError(CompanionUnavailableError):
    """Prometheus does not take the alert rules that it was given."""

    title = "The alert rules cannot be used"


class StorageError(EnvironmentUnfitError):
    """A record could not be written or read."""

    title = "A file could not be written or read"


class RefusedError(IncidentlabError):
    """Refused for safety."""

    exit_code = 5
    title = "Refused for safety"


class LeftBehindError(IncidentlabError):
    """Something of ours could not be removed, and what."""

    exit_code = 6
    title = "Something was left behind"


class InterruptedRunError(IncidentlabError):
    """Ctrl-C or SIGTERM, after everything was removed."""

    exit_code = 130
    title = "Interrupted"
