"""All rules held against one set of facts: what is wrong, what was ruled out, and what would have to be known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from incidentlab import causes as package
from incidentlab.causes._health import healthy, what_would_help
from incidentlab.causes._wanted import once, still_wanted
from incidentlab.errors import UnknownNameError
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Diagnosis, Finding, RuledOut
from incidentlab.model.evidence import Evidence
from incidentlab.registry import load, module_names

_A_WHOLE_ERROR = 40  # characters: a refusal that is shown as proof is not told again as something unread
_RANK = {"certain": 0, "likely": 1, "possible": 2}


@dataclass(slots=True)
class _Heard:
    findings: list[Finding] = field(default_factory=list)
    ruled_out: list[RuledOut] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@cache
def catalogue() -> Mapping[str, Cause]:
    """Return id → cause, by id, for every file in this folder's families; the folders are the catalogue."""
    found: dict[str, Cause] = {}
    for family in iter_modules(package.__path__, f"{package.__name__}."):
        if family.ispkg:
            found |= load(import_module(family.name), "CAUSE", lambda cause: cause.id)
    return MappingProxyType(dict(sorted(found.items())))


def names() -> tuple[str, ...]:
    """Return the ids of all causes, in their order."""
    return tuple(catalogue())


@cache
def literals() -> tuple[str, ...]:
    """Return the strings of which every message that any cause recognises holds at least one, each once."""
    signs = (sign for cause in catalogue().values() for sign in cause.signs)
    return tuple(sorted({literal for sign in signs for literal in sign.literals}))


def get(name: str) -> Cause:
    """Return the cause of that id. Its own file alone is loaded: a page is asked for in a hurry.

    Raises:
        UnknownNameError: there is none; the nearest ids are offered.
    """
    module = next((each for each in module_names(package) if _is_of(each, name)), None)
    if module is None:
        raise UnknownNameError("cause", name, names(), listing="incidentlab explain")
    cause: Cause = import_module(module).CAUSE
    return cause


def _is_of(module: str, name: str) -> bool:
    """Whether a module is a family's, and that of the cause; the registry holds both to one name."""
    family, _, own = module.removeprefix(f"{package.__name__}.").rpartition(".")
    return bool(family) and own.replace("_", "-") == name


def diagnose(evidence: Evidence) -> Diagnosis:
    """Judge what was collected: pure, and the same answer for the same facts.

    Root causes come first, and what one of them brings about hangs beneath it. ``healthy`` takes a positive fact and no
    finding; where neither holds the verdict is ``inconclusive``, and ``missing`` says what would help.
    """
    return judge(evidence, catalogue())


def judge(evidence: Evidence, rules: Mapping[str, Cause]) -> Diagnosis:
    """Judge with a given catalogue. A rule that fails is named in ``missing`` and does not hide the others."""
    heard = _hear(evidence, rules)
    roots = _roots(_ordered(heard.findings, evidence), rules)
    missing = once(
        (
            *heard.broken,
            *evidence.unread,
            *(sentence for project in evidence.projects for sentence in project.unread),
            *(sentence for root in roots for sentence in _asked_for(root, evidence)),
        )
    )
    shown = {link.quote for root in roots for finding in _all(root) for link in finding.evidence if link.quote}
    missing = tuple(one for one in missing if not any(quote in one for quote in shown if len(quote) > _A_WHOLE_ERROR))
    ruled_out = tuple(heard.ruled_out)
    if roots:
        return Diagnosis("incident", _summary(roots), roots, ruled_out, missing)
    signs = [sign for one in ruled_out for sign in rules[one.cause].signs]
    fact = None if heard.broken else healthy(evidence, ruled_out, signs)
    if fact:
        end = "" if fact.endswith(("…", ".")) else "."
        return Diagnosis("healthy", f"No incident found. {fact}{end}", (), ruled_out, missing)
    wanted = tuple(dict.fromkeys((*missing, *what_would_help(evidence, ruled_out, signs))))
    return Diagnosis(
        "inconclusive", "These facts show neither a known cause nor a healthy service.", (), ruled_out, wanted
    )


def _hear(evidence: Evidence, rules: Mapping[str, Cause]) -> _Heard:
    heard = _Heard()
    for name, cause in sorted(rules.items()):
        try:
            said = cause.find(evidence)
        except Exception as error:
            # A fault of this program; whoever reads a diagnosis at night needs the other causes all the same.
            heard.broken.append(f"The rule {name} failed with {type(error).__name__}: {error}. It was not judged.")
            continue
        if isinstance(said, Finding):
            heard.findings.append(replace(said, missing=still_wanted(said.missing, evidence)))
        elif isinstance(said, RuledOut):
            heard.ruled_out.append(said)
    return heard


def _ordered(findings: Iterable[Finding], evidence: Evidence) -> list[Finding]:
    """The surer first; of equally sure ones that which showed first: what came later may have followed from it."""
    place = {event.id: number for number, event in enumerate(evidence.logs)}

    def order(one: Finding) -> tuple[int, int, str]:
        shown = [place[link.fact] for link in one.evidence if link.fact in place]
        return _RANK[one.confidence], min(shown, default=-1), one.cause

    return sorted(findings, key=order)


def _roots(ordered: list[Finding], rules: Mapping[str, Cause]) -> tuple[Finding, ...]:
    """Put each finding beneath the first one that explains it; the weaker never hides the stronger."""
    parent: dict[str, str] = {}
    for child in ordered:
        for candidate in ordered:
            explains = child.cause in rules[candidate.cause].explains
            weaker = _RANK[candidate.confidence] > _RANK[child.confidence]
            if explains and not weaker and not _is_below(candidate.cause, child.cause, parent):
                parent[child.cause] = candidate.cause
                break
    return tuple(_with_children(one, ordered, parent) for one in ordered if one.cause not in parent)


def _is_below(cause: str, other: str, parent: Mapping[str, str]) -> bool:
    while cause != other:
        if cause not in parent:
            return False
        cause = parent[cause]
    return True


def _with_children(finding: Finding, ordered: list[Finding], parent: Mapping[str, str]) -> Finding:
    below = [one for one in ordered if parent.get(one.cause) == finding.cause]
    children = tuple(_with_children(one, ordered, parent) for one in below)
    return replace(finding, explains=(*finding.explains, *children))


def _summary(roots: tuple[Finding, ...]) -> str:
    others = f" ({len(roots) - 1} more below)" if len(roots) > 1 else ""
    return f"{roots[0].title}. {roots[0].summary}{others}"


def _asked_for(root: Finding, evidence: Evidence) -> Iterator[str]:
    """Give what would make a root surer, and what hangs beneath it: of that no further logs, where there are some."""
    yield from root.missing
    for below in _all(root):
        if below is not root:
            yield from (one for one in below.missing if not (evidence.logs and "--logs" in one))


def _all(finding: Finding) -> Iterator[Finding]:
    yield finding
    for below in finding.explains:
        yield from _all(below)
