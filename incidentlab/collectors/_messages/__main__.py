"""Writes PostgreSQL's messages in other languages: ``python -m incidentlab.collectors._messages FOLDER…``.

Each folder is a ``share/locale`` with PostgreSQL's compiled catalogues, as Debian's packages postgresql-15 and libpq5
carry them (``apt-get download``, ``dpkg -x``), or the C library's (libc-l10n). What is missing in one is taken from
the next. Run it again when a newer PostgreSQL words its messages in another way, the newest folder first: servers are
not updated on the day that a translator has a better word, so what an older one says is kept beside it.
"""

import gettext
import json
import re
import sys
from pathlib import Path

from incidentlab.collectors._messages import FILE
from incidentlab.collectors._messages._known import CLIENT, PARTS, SERVER, SEVERITIES, SYSTEM

LANGUAGES = (
    "cs", "de", "el", "es", "fr", "it", "ja", "ka", "ko", "pl", "pt_BR", "ru", "sv", "tr", "uk", "zh_CN", "zh_TW",
)  # fmt: skip
ORIGIN = {
    "what": "PostgreSQL's messages in other languages, and the system's within them; by incidentlab's own script.",
    "server and client": "message catalogues of PostgreSQL 15.20 and, older, 15.18 (Debian packages postgresql-15, "
    "libpq5), PostgreSQL Licence: Portions Copyright (c) 1996-2022, PostgreSQL Global Development Group; Portions "
    "Copyright (c) 1994, The Regents of the University of California",
    "system": "short error texts of the GNU C Library's catalogues (Debian package libc-l10n)",
}
Catalogue = dict[str, str]


def main(folders: list[str]) -> None:
    """Read the catalogues and write the file anew."""
    languages = {language: _language([Path(folder) for folder in folders], language) for language in LANGUAGES}
    older: dict[str, dict[str, Catalogue]] = {}
    for folder in folders[1:]:
        for name, words in languages.items():
            _keep(older.setdefault(name, {}), _language([Path(folder)], name), words)
    data = {
        "origin": ORIGIN,
        "languages": {name: words for name, words in languages.items() if words["messages"]},
        "older": {name: words for name, words in older.items() if any(words.values())},
    }
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    Path(__file__).with_name(FILE).write_text(f"{text}\n", encoding="utf-8")


def _language(folders: list[Path], language: str) -> dict[str, Catalogue]:
    server = _read(folders, language, r"postgres-\d+")
    client = _read(folders, language, r"libpq5?-\d+")
    system = _read(folders, language, "libc")
    messages = {**_of(SERVER, server), **_of(CLIENT, client), **_of(SYSTEM, system)}
    parts = {}
    for part, ways in PARTS.items():
        said = {_word(found) for way in ways for found in (server.get(way), client.get(way)) if found}
        parts[part] = "|".join(sorted(said - {part, ""}))
    severities = {name: server[name] for name in SEVERITIES if server.get(name, name) != name}
    return {
        "messages": {english: text for english, text in messages.items() if text != english},
        "severities": severities,
        "parts": {part: said for part, said in parts.items() if said},
    }


def _keep(older: dict[str, Catalogue], read: dict[str, Catalogue], newest: dict[str, Catalogue]) -> None:
    """Add what an older catalogue says in other words than the newest: its word → PostgreSQL's own."""
    for kind, words in read.items():
        known = {said for text in newest[kind].values() for said in (text, *text.split("|"))}
        for english, text in words.items():
            for said in text.split("|") if kind == "parts" else (text,):
                if said not in known:
                    older.setdefault(kind, {})[said] = english


def _of(wanted: "dict[str, str] | tuple[str, ...]", catalogue: Catalogue) -> Catalogue:
    # What English says in several lines counts by its first: the programs around it write the rest in their own way.
    return {english.split("\n")[0]: _said(english, catalogue[english]) for english in wanted if catalogue.get(english)}


def _said(english: str, translation: str) -> str:
    return translation.split("\n")[0] if "\n" in english.rstrip() else translation.rstrip("\n")


def _word(text: str) -> str:
    return re.split(r"[\s:：%]", text.strip())[0]  # noqa: RUF001 - the sign itself


def _read(folders: list[Path], language: str, name: str) -> Catalogue:
    kept: Catalogue = {}
    short = language.partition("_")[0]
    for folder in folders:
        for place in (folder / language / "LC_MESSAGES", folder / short / "LC_MESSAGES"):
            files = sorted(place.glob("*.mo")) if place.is_dir() and not kept else []
            for file in files:
                if re.fullmatch(name, file.stem):
                    with file.open("rb") as opened:
                        read = gettext.GNUTranslations(opened)._catalog  # type: ignore[attr-defined]
                    kept |= {key: text for key, text in read.items() if isinstance(key, str) and key}
    return kept


if __name__ == "__main__":
    main(sys.argv[1:] or ["/usr/share/locale"])
