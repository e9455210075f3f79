"""The revisions fork and never meet again."""

import re

from incidentlab.causes._evidence import cited, said, works
from incidentlab.causes._toolbox import look, tool_of
from incidentlab.causes.migrations._account import (
    applied_since,
    command,
    ending,
    is_fatal,
    leading,
    over,
    over_now,
    words,
)
from incidentlab.causes.migrations._graph import project_of
from incidentlab.causes.migrations._reading import Trouble, troubles
from incidentlab.causes.migrations._refusals import HEADS
from incidentlab.model.cause import Cause
from incidentlab.model.diagnosis import Confidence, Finding, Link, Mend, RuledOut
from incidentlab.model.evidence import Evidence, ProjectFacts

_ID = "multiple-heads"
# Other tools number their migrations in one line.
_MERGES = ("alembic", "flask", "airflow", "superset", "django", "prisma")
_TITLE = "The revisions have several heads"
# Where a revision says which one it builds on.
_PARENTS = {"alembic": "down_revision", "flask": "down_revision", "airflow": "down_revision",
            "superset": "down_revision", "django": "dependencies"}  # fmt: skip
# Tools that number their migrations in one line: two files with one number, or one class twice.
_COLLISION = re.compile(
    r"\bMultiple migrations have the (?:version number|(?P<named>name))\b"
    r"|\bFound more than one migration with version\b|\bis duplicated\b|\bduplicate migration (?:file|version)\b"
    r"|\bduplicate version \d{1,20} detected\b"
)
_GRAPH = re.compile(
    r"\bmigration graph: \((?P<heads>[^)\n]{1,300})\)|\bgiven argument '[^'\n]{0,80}'; (?P<alembic>\w[\w, ]{8,300})$"
)
# What fits no other reading: the tool looked at all revisions and found more than one end.
_PLAIN = re.compile(r"\bMultiple head|\bmultiple heads\b|\bOnly a single head\b|\bConflicting migrations\b")
_ALL_HEADS = re.compile(r"\bupgrade\s{1,4}(?:--?[\w-]{1,40}\s{1,4}){0,4}(?:heads|[\w-]{1,60}@head)\b")


def find(evidence: Evidence) -> Finding | RuledOut | None:
    """Hold evidence against the cause: the tool refuses for its several heads, or the code is seen to have them."""
    told = troubles(evidence, "heads")
    project = project_of(evidence)
    forked = project if project and len(project.heads) > 1 else None
    if not told:
        return _from_code(evidence, forked) if forked else None
    since = applied_since(evidence, told)
    if since:
        return over(_ID, _TITLE, "Several heads kept the migrations from being applied at first", since)
    working = None if forked else over_now(evidence, _ID, _TITLE, "The tool complained of several heads at first")
    return working or _finding(evidence, leading(told), forked)


def _finding(evidence: Evidence, told: Trouble, project: ProjectFacts | None) -> Finding:
    plain = bool(_PLAIN.search(said(told.event)))
    sure = plain and (project is not None or is_fatal(evidence, told) or told.event.severity in ("error", "fatal"))
    confidence: Confidence = "certain" if sure or project else "likely"
    heads = project.heads if project else _heads(told)
    same = _COLLISION.search(said(told.event)) if project is None else None
    found = f"two migrations of one {'name' if same['named'] else 'version'}" if same else "more than one head"
    links = (cited(told.event, f"The tool finds {found} and stops"), *_graph_links(project))
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence=confidence,
        summary=_collided(told.name, found) if same else _summary(heads),
        evidence=(*links, *ending(evidence, told)),
        mend=_mends(evidence, heads),
        missing=() if confidence == "certain" else (_BOTH if same else _WANTED,),
    )


_BOTH = "The folder of the migrations shows both, and the version table which of the two is applied."
_WANTED = "The code's revisions would show the heads and where they part: give --project."


def _from_code(evidence: Evidence, project: ProjectFacts) -> Finding | None:
    """Return what the code alone shows; one that is applied with ``heads`` has its branches on purpose."""
    texts = [" ".join((*image.entrypoint, *image.cmd)) for image in evidence.images]
    texts += [script.text for script in project.scripts]
    texts += [file.text for file in project.dockerfiles or ((project.dockerfile,) if project.dockerfile else ())]
    texts += [
        " ".join((*(one.entrypoint or ()), *(one.command or ()))) for file in evidence.compose for one in file.services
    ]
    if any(_ALL_HEADS.search(text) for text in texts) or works(evidence):
        return None
    single = any(re.search(r"\bupgrade\s{1,4}head\b", text) for text in texts)
    return Finding(
        cause=_ID,
        title=_TITLE,
        confidence="likely" if single else "possible",
        summary=_summary(project.heads),
        evidence=_graph_links(project),
        mend=_mends(evidence, project.heads),
        missing=("The log of the step that applies the migrations would show whether it was refused: give --logs.",),
    )


def _graph_links(project: ProjectFacts | None) -> tuple[Link, ...]:
    if project is None:
        return ()
    files = {one.revision: one for one in project.migrations}
    links = [
        Link(
            f"The code has {len(project.heads)} heads: {', '.join(project.heads)}",
            project.id,
            project.script_location or "the revisions",
            command=project.command,
        )
    ]
    for head in project.heads[:4]:
        one = files.get(head)
        if one:
            parents = ", ".join(one.down_revisions) or "nothing"
            links.append(
                Link(
                    f"Revision {head} builds on {parents}, and nothing builds on it",
                    project.id,
                    one.path,
                    quote=one.message,
                    command=f"alembic show {head}",
                )
            )
    return tuple(links)


def _heads(told: Trouble) -> tuple[str, ...]:
    found = _GRAPH.search(said(told.event))
    return tuple(one.strip() for one in (found["heads"] or found["alembic"]).split(",")) if found else ()


def _summary(heads: tuple[str, ...]) -> str:
    named = f" ({', '.join(heads[:4])})" if heads else ""
    return (
        f"Two lines of revisions{named} build on one parent and were never merged, so the tool does not know "
        f"its target."
    )


def _collided(name: str, found: str) -> str:
    named = f" ({name})" if name else ""
    return f"The code has {found}{named}, so the tool cannot tell which is meant and applies nothing."


def _mends(evidence: Evidence, heads: tuple[str, ...]) -> tuple[Mend, ...]:
    tool = tool_of(evidence)
    merge = tool.merge
    if tool.name in ("alembic", "flask") and heads:
        merge = merge.replace("heads", " ".join(heads), 1)
    if tool.name not in _MERGES:
        text = "Give the one of the two that has been applied nowhere a version or a name of its own, the later one."
        return words(text, "Commit it and ship the image again."), look(tool, "Shows what is applied.")
    mends = [command(merge, "Writes a revision that has both as its parents; commit it and ship the image again.")]
    if tool.name in ("alembic", "flask"):
        mends.append(
            command(
                f"{tool.apply.removesuffix(' head')} heads",
                "Applies both lines now, where they do not touch the same tables; the next one still has to merge.",
            )
        )
    if tool.name == "django":
        mends.append(
            words(
                "If the code is a product's and not yours, write nothing into it: files of two releases lie in one "
                "folder. Make the container anew from one release's image, with no volume over its code.",
                "A release has no fork of its own.",
            )
        )
    if tool.name in _PARENTS:
        mends.append(
            words(
                f"Or give the younger of the two the older one as its parent ({_PARENTS[tool.name]}), if it has been "
                "applied nowhere.",
                "A line without a fork is easier to read than a merge.",
            )
        )
    return tuple(mends)


CAUSE = Cause(
    id=_ID,
    title=_TITLE,
    summary="Two revisions build on the same parent, and the tool is asked for one head where there are two.",
    explanation="""\
A revision names the one it builds on. Two developers who add one each, on two branches of the code, name the same
parent; each branch is fine by itself, and version control merges them without a conflict, for they are different
files. Only the tool notices, at the next `upgrade head`: there are two heads, and it will not choose.

The database is not harmed. Nothing was applied, so the service also lacks what the newest revisions would have
added: missing tables and columns are consequences.

Alembic has deliberate branches too (`branch_labels`, several bases); those are applied with `heads`. Django calls
heads leaf nodes and counts them for each app.""",
    shows=(
        "Multiple head revisions are present for given argument 'head'",
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph",
        "Found more than one migration with version …; Multiple migrations have the version number …",
    ),
    check=("alembic heads --verbose", "alembic history | head", "python manage.py showmigrations --plan"),
    mend=(
        'Merge them: `alembic merge heads -m "merge branches"`, or `python manage.py makemigrations --merge`; '
        "review the "
        "new file, commit it, ship the image.",
        "Or put one after the other by its `down_revision`, as long as it has been applied nowhere.",
        "Until then `alembic upgrade heads` applies both lines.",
    ),
    prevent=(
        "Fail the build where there is more than one head: `test $(alembic heads | wc -l) -eq 1`, or "
        "`python manage.py makemigrations --check`.",
        "Run that check on the merged result, not on each branch.",
    ),
    confidence="""\
- **certain**: the tool says so and stops, or it says so and the code is seen to have several heads.
- **likely**: a tool complains of versions that collide, or the code has several heads and is started with `upgrade
  head`.
- **possible**: the code has several heads, and how they are applied is not known.""",
    find=find,
    explains=("migrations-not-applied", "migrations-behind", "migration-failed"),
    links=(
        "https://alembic.sqlalchemy.org/en/latest/branches.html",
        "https://docs.djangoproject.com/en/stable/topics/migrations/#version-control",
    ),
    signs=(HEADS,),
)
