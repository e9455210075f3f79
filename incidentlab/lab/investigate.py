"""Asks the sources that a person names, all at once, and judges what they gave: read-only, and none hides another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incidentlab import causes
from incidentlab.lab._inquiry import ask, following, locating, naming
from incidentlab.lab._inquiry.answer import Answer, Failure, Outcome, Tell, merged
from incidentlab.lab._inquiry.asking import Inquiry
from incidentlab.lab._inquiry.sources import STDIN, Sources
from incidentlab.model.asked import Asked
from incidentlab.model.diagnosis import Diagnosis
from incidentlab.model.evidence import Evidence, LogEvent

if TYPE_CHECKING:
    from incidentlab.lab.archive import Record

__all__ = ["STDIN", "Investigation", "Sources", "investigate", "of_record"]


@dataclass(frozen=True, slots=True)
class Investigation:
    """What was asked, what it gave, and the judgement on all of it together."""

    evidence: Evidence
    diagnosis: Diagnosis  # its links name files, services and times
    asked: tuple[Asked, ...]


def investigate(sources: Sources, tell: Tell = lambda _: None) -> Investigation:
    """Ask every source, in threads of their own; a log from stdin is read here, and followed while it stays open.

    Args:
        sources: what a person named.
        tell: hears now and then what is being waited for, in a few words.

    Returns:
        The judgement on whatever could be read; ``diagnosis.missing`` says what could not, and why.

    Raises:
        IncidentlabError: no source at all could be read; the first one's error.
        KeyboardInterrupt: at once; nothing has to be cleaned up.
    """
    inquiry = Inquiry(ask.questions(sources))
    streamed = []
    if sources.reads_stdin:

        def certain(events: Sequence[LogEvent]) -> bool:
            return inquiry.done and _is_certain([*inquiry.outcomes(), _heard(events)])

        streamed = [following.read(certain, tell, to_the_end=sources.to_the_end)]
    return _judged([*streamed, *inquiry.wait(tell)], naming.passwords(sources.database_url))


def of_record(run_id: str) -> "tuple[Record, Diagnosis]":
    """Return a recorded run and the judgement on its evidence alone.

    Args:
        run_id: an id, a beginning of one which is unique, or ``last``.

    Raises:
        UsageError, UnknownNameError, StorageError: as :func:`archive.load`.
    """
    from incidentlab.lab import archive  # a log is diagnosed without it, and sooner

    record = archive.load(run_id)
    logs = {path.stem: naming.shown_file(path) for path in record.folder.glob("*.log")}
    return record, locating.located(causes.diagnose(record.evidence), record.evidence, logs)


def _judged(outcomes: Sequence[Outcome], typed: Sequence[str]) -> Investigation:
    answers = [each for each in outcomes if isinstance(each, Answer)]
    failures = [each for each in outcomes if isinstance(each, Failure)]
    if failures and not answers:
        raise failures[0].error
    evidence = _facts(outcomes)
    files = {name: file for each in answers for name, file in each.files.items()}
    secrets = [*typed, *(secret for each in answers for secret in each.secrets)]
    diagnosis = locating.located(causes.diagnose(evidence), evidence, files)
    told = locating.discreet((diagnosis, tuple(each.asked for each in outcomes)), secrets)
    return Investigation(evidence, *told)


def _facts(outcomes: Sequence[Outcome]) -> Evidence:
    evidence = merged(each.evidence for each in outcomes if isinstance(each, Answer))
    unread = (each.sentence for each in outcomes if isinstance(each, Failure))
    return replace(evidence, unread=(*unread, *evidence.unread))


def _heard(events: Sequence[LogEvent]) -> Answer:
    return Answer(Asked("log", following.NAME, ""), Evidence(logs=tuple(events)))


def _is_certain(outcomes: Sequence[Outcome]) -> bool:
    return any(each.confidence == "certain" for each in causes.diagnose(_facts(outcomes)).findings)
