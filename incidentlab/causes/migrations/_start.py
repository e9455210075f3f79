"""Does what a container starts with apply migrations? Judged from the command line alone."""

import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import Literal

from incidentlab.model.evidence import ScriptFile

Judgement = Literal["applies", "does-not", "unknown"]

# The commands that apply migrations, by the tools' own documentation; options may stand between their words.
_APPLIES = re.compile(
    r"\balembic\b[^;&|\n]{0,200}?\bupgrade\b|\bflask\b[^;&|\n]{0,80}?\bdb\s{1,4}upgrade\b"
    r"|\b(?:manage\.py|django-admin)\s[^;&|\n]{0,80}?\bmigrate\b|\baerich\s{1,4}upgrade\b|\bpiccolo\s{1,4}migrations\s{1,4}forwards\b"
    r"|\bprisma\s{1,4}(?:migrate\s{1,4}deploy|db\s{1,4}push)\b|\b(?:knex|typeorm|sequelize)[\w-]{0,8}\s[^;&|\n]{0,80}?migrat\w{1,6}[:\w]{0,12}"
    r"|\b(?:rails|rake)\s[^;&|\n]{0,80}?\bdb:(?:migrate|prepare|setup)\b|\bflyway\b[^;&|\n]{0,200}?\bmigrate\b"
    r"|\bliquibase\b[^;&|\n]{0,200}?\bupdate\b|\b(?:sqlx|diesel)\s{1,4}migrat\w{1,6}\s{1,4}run\b|\bgoose\b[^;&|\n]{0,200}?\bup\b"
    r"|\bdbmate\b[^;&|\n]{0,80}?\bup\b|\bmigrate\b[^;&|\n]{0,200}?\bup\b|\bartisan\s{1,4}migrate\b|\bdrizzle-kit\s{1,4}migrate\b|\bdotnet\s{1,4}ef\s{1,4}database\s{1,4}update\b"
    r"|\bmix\s{1,4}ecto\.migrate\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^\s{0,80}#.*$", re.MULTILINE)
# Programs that only hand over to what follows them.
_WRAPPERS = frozenset({"tini", "dumb-init", "docker-init", "catatonit", "s6-svscan"})
_SERVERS = frozenset(
    {"uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi", "fastapi", "flask", "celery"}
    | {"python", "python3", "node", "npm", "java", "puma", "rails", "php-fpm", "apache2-foreground"}
)


def applies_migrations(argv: Sequence[str], scripts: Sequence[ScriptFile]) -> Judgement:
    """Say whether a command line applies migrations before its server starts.

    A script that it starts is looked up among the project's; one that is not there makes the answer ``unknown``.
    """
    if _APPLIES.search(" ".join(argv)):
        return "applies"
    words = _words(argv)
    seen = "does-not"
    for word in words:
        if is_script(word):
            script = _script(word, scripts)
            if script is None:
                seen = "unknown"
            elif _APPLIES.search(_COMMENT.sub("", script.text)):
                return "applies"
    if seen == "unknown" or not any(_program(word) in _SERVERS for word in words):
        return "unknown"
    return "does-not"


def is_script(word: str) -> bool:
    """Whether a word of a command line names a shell script or an entrypoint."""
    return word.endswith((".sh", ".bash")) or "entrypoint" in posixpath.basename(word)


def wraps(argv: Sequence[str]) -> bool:
    """Whether a command line is one that hands over to the words after it."""
    return bool(argv) and (_program(argv[0]) in _WRAPPERS or is_script(argv[0]))


def _words(argv: Sequence[str]) -> list[str]:
    words: list[str] = []
    for word in argv:
        if " " in word:
            try:
                words += shlex.split(word)
            except ValueError:  # an open quote: the shell would refuse it too
                words += word.split()
        else:
            words.append(word)
    return words


def _program(word: str) -> str:
    return re.sub(r"(?<=python)3?\.\d{1,2}$", "", posixpath.basename(word))


def _script(word: str, scripts: Sequence[ScriptFile]) -> ScriptFile | None:
    name = posixpath.basename(word)
    return next((one for one in scripts if posixpath.basename(one.path) == name), None)
