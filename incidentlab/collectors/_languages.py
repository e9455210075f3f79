"""PostgreSQL's messages in other languages → English, with the names that stand in them.

The translations come from PostgreSQL's own catalogues (see ``_messages``) and are read at the first line that may need
them. Each is a bounded pattern that captures the names; its longest fixed part is looked for in the line first.
"""

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from incidentlab.collectors._messages import FILE
from incidentlab.collectors._messages._known import SERVER

_WITHIN = 2_000  # characters of a line that are looked at
_LEVEL_WITHIN = 240
# Letters that English lacks, and the quotes PostgreSQL's translators use; arrows, frames and emoji are none.
_FOREIGN = re.compile("[À-ɏͰ-ӿႠ-ჿぁ-ヿ㐀-鿿가-힣«»„“]")
# Severities of translations that have been dropped from PostgreSQL's newer catalogues.
_OLDER_LEVELS = {"ERRO": "ERROR", "BŁĄD": "ERROR", "HATA": "ERROR", "CHYBA": "ERROR", "JOURNAL": "LOG"}
_OLDER_PARTS = {
    "DETALHE": "DETAIL", "DICA": "HINT", "CONTEXTO": "CONTEXT", "COMANDO": "STATEMENT", "LINHA": "LINE",
    "SZCZEGÓŁY": "DETAIL", "PODPOWIEDŹ": "HINT", "KONTEKST": "CONTEXT", "WYRAŻENIE": "STATEMENT", "LINIA": "LINE",
    "AYRINTI": "DETAIL", "İPUCU": "HINT", "BAĞLAM": "CONTEXT", "KOMUT": "STATEMENT", "SATIR": "LINE",
    "DETAILY": "DETAIL", "PŘÍKAZ": "STATEMENT", "ASTUCE": "HINT", "CONSEIL": "HINT",
}  # fmt: skip
# Letters of a message's words without an accent, for lines that are plain ASCII.
_PLAIN = re.compile(
    r"\b(?:ERREUR|FEHLER|ERRORE|FATALE|FATALT|FEL|ERRO|HATA|CHYBA|PANIK|PANICO|WARNUNG|ATTENZIONE|ATTENTION|VARNING"
    r"|HINWEIS|NOTIS|LOGG|JOURNAL): |\b(?:no existe|ya existe|permiso denegado|connessione al server|non esiste"
    r"|verbindung zum|anslutning|existerar inte|la connexion|la base de|la relation|Verbindung|conexi.n al servidor)\b"
)
# The same for languages that share a level's word with English ("FATAL:  das Datenbanksystem startet"): words of the
# messages that PostgreSQL's catalogues write in plain letters. A test holds them to these catalogues.
_PLAIN_WORDS = frozenset((
    "di", "inte", "de", "della", "del", "nicht", "Datenbanksystem", "el", "redan", "memoria", "keine", "il",
    "Connessione", "von", "zum", "viele", "aufgebraucht", "Herunterfahren", "erreur", "la", "disco", "errore",
    "dall'intervallo", "dell'indice", "scrittura", "nelze", "wird", "Verbindungsaufbau", "Eingabe-/Ausgabefehler",
    "Keine", "Dateisystem", "Benutzeraufforderung", "inkompatibel", "entdeckt", "werden", "abgelaufen",
    "desconocido", "La", "Permiso", "ficheros", "lo", "ou", "au", "le", "presso", "richiesto", "servizio", "sul",
    "negato", "aperti", "dell'utente", "dell'indirizzo", "ricezione", "rilevato", "dello", "scaduto", "dyskowy",
    "trasy", "abertos", "terminerades", "In/ut-fel", "filsystem", "ogiltig", "aktiva", "databassystemet", "dosya",
    "chyba:", "fel:", "SSL-Fehler:", "SSL-SYSCALL-Fehler:", "SSL-fel:", "existiert", "tut", "das", "Das", "Die",
    "startet", "wurde", "konnte", "proceso", "llamada", "enviar", "detectado", "limites", "takiego", "passe",
))  # fmt: skip
_SHARED = ("FATAL: ", "ERROR: ", "LOG: ", "rror: ", "PANIC: ", "ception: ", "pq: ")
_CAPITALS = re.compile(r"(?P<word>[A-Z]{3,10}) ?: ")
_HOLE = re.compile(r"%(?:(?P<place>\d)\$)?(?:[-+ 0#]?\d{0,3}(?:\.\d)?(?:l{0,2}|z|h)[sdumcXxl])")
_SCRIPTS = {
    "ru": "cyrillic", "uk": "cyrillic", "ja": "han", "zh_CN": "han", "zh_TW": "han", "ko": "hangul", "ka": "georgian",
    "el": "greek",
}  # fmt: skip
_SCRIPT_LETTERS = {
    "cyrillic": re.compile("[\u0430-\u0451]"), "han": re.compile("[ぁ-ヿ㐀-鿿]"), "hangul": re.compile("[가-힣]"),
    "georgian": re.compile("[\u10d0-\u10ff]"), "greek": re.compile("[\u03b1-\u03c9]"),
}  # fmt: skip


class English(NamedTuple):
    """A message in English with its names, and the SQLSTATE that it implies, where it does."""

    text: str
    sqlstate: str | None


class _Message(NamedTuple):
    fragment: str
    translation: str
    english: str


def maybe(text: str) -> bool:
    """Whether a line may be a message in another language: one cheap look, which most lines do not pass."""
    if not text.isascii():
        return _FOREIGN.search(text) is not None
    if ": " not in text:
        return False
    return _PLAIN.search(text, 0, _WITHIN) is not None or (
        any(word in text for word in _SHARED) and not _PLAIN_WORDS.isdisjoint(text[:_WITHIN].split())
    )


@lru_cache(maxsize=2_048)
def english(text: str) -> English | None:
    """Return PostgreSQL's message that stands in a line, in English; ``None`` where the line holds none it knows."""
    head = re.sub(r"[\s\u00a0\u202f]{1,40}", " ", text[:_WITHIN]).replace("\u2019", "'")
    best: list[tuple[int, str, str]] = []
    script = next((name for name, letters in _SCRIPT_LETTERS.items() if letters.search(head)), "latin")
    for language, messages in _messages().items():
        if _SCRIPTS.get(language, "latin") == script:
            found = [hit for one in messages if one.fragment in head and (hit := _hit(one, head, language))]
            best = max(best, found, key=lambda hits: sum(len(text) for _, text, _ in hits))
    return _joined(best) if best else None


def level(text: str) -> str:
    """Return PostgreSQL's severity that a translated word near a line's start stands for: ``FEHLER`` → ``ERROR``."""
    if text.isascii():
        # Words in capitals alone: a quicker search than one for each of them.
        found = _CAPITALS.search(text, 0, _LEVEL_WITHIN) if ": " in text else None
        return levels().get(found["word"], "") if found else ""
    found = _words().search(text, 0, _LEVEL_WITHIN) if _FOREIGN.search(text) else None
    return levels()[found["word"]] if found else ""


@cache
def levels() -> dict[str, str]:
    """Return the translated severities → PostgreSQL's."""
    read = {said: word for one in _catalogue().values() for word, said in one["severities"].items()}
    return {**_OLDER_LEVELS, **_older("severities"), **read}


@cache
def parts() -> dict[str, str]:
    """Return the translated names of a message's parts → PostgreSQL's: ``ANWEISUNG`` → ``STATEMENT``."""
    read = {
        word: part for one in _catalogue().values() for part, said in one["parts"].items() for word in said.split("|")
    }
    return {word: part for word, part in {**_OLDER_PARTS, **_older("parts"), **read}.items() if len(word) > 1}


def part(text: str) -> str:
    """Return which part of a message a line begins in another language, "" where none: ``DÉTAIL : …`` → ``DETAIL``."""
    word = re.split(r"[\s:：\u00a0]", text[:40].lstrip(), maxsplit=1)[0]  # noqa: RUF001 - the sign itself
    return parts().get(word, "") if ":" in text[:40] or "：" in text[:40] else ""  # noqa: RUF001 - the sign itself


@cache
def _file() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    text = files("incidentlab.collectors._messages").joinpath(FILE).read_text(encoding="utf-8")
    read: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(text)
    return read


def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    return _file()["languages"]


def _older(kind: str) -> dict[str, str]:
    """Return what earlier releases say in other words, of all languages: that word → PostgreSQL's own."""
    return {said: word for one in _file()["older"].values() for said, word in one.get(kind, {}).items()}


@cache
def _words() -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, levels()), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?P<word>{words})[ \u00a0]?[:：]")  # noqa: RUF001 - the sign itself


@cache
def _messages() -> dict[str, list[_Message]]:
    return {
        language: [
            _Message(_fixed(way), way, english)
            for english, text in (*sorted(one["messages"].items()), *_older_messages(language))
            # Some translators break a long message; a log may show its first line alone.
            for way in dict.fromkeys((_plain(text), _plain(text.split("\n")[0])))
        ]
        for language, one in _catalogue().items()
    }


def _older_messages(language: str) -> list[tuple[str, str]]:
    words = _file()["older"].get(language, {}).get("messages", {})
    return [(english, text) for text, english in sorted(words.items())]


def _fixed(text: str) -> str:
    """Return the longest part of a translation that no name stands in."""
    pieces = [text[start:end] for start, end in _between_holes(text)]
    return max((piece.strip() for piece in pieces), key=len)


def _between_holes(text: str) -> Iterator[tuple[int, int]]:
    end = 0
    for hole in _HOLE.finditer(text):
        yield end, hole.start()
        end = hole.end()
    yield end, len(text)


def _plain(text: str) -> str:
    # As the line is compared: without plural places in the split, hard blanks made plain.
    text = re.sub(r"[\s\u00a0\u202f]{1,40}", " ", _HOLE.sub(lambda hole: hole[0].replace(" ", ""), text))
    return text.replace("\u2019", "'")


@cache
def _exactly(language: str) -> dict[str, str]:
    return {one.translation: one.english for one in _messages()[language]}


def _hit(one: _Message, head: str, language: str) -> tuple[int, str, str] | None:
    found = _pattern(one.translation).search(head)
    if not found:
        return None
    # "… to address: Nom ou service inconnu": what stands in the last place may be a message of the system.
    known = _exactly(language)
    names = {place: known.get(name, name) for place, name in _names(one.translation, found).items()}
    count = iter(range(1, 10))
    text = _HOLE.sub(lambda hole: names.get(int(hole["place"] or next(count)), "?"), one.english)
    return found.start(), text, SERVER.get(one.english, "")


def _names(translation: str, found: re.Match[str]) -> dict[int, str]:
    places = [int(hole["place"]) if hole["place"] else None for hole in _HOLE.finditer(translation)]
    return {place or index: found.group(index).strip() for index, place in enumerate(places, 1)}


@lru_cache(maxsize=4_096)
def _pattern(translation: str) -> re.Pattern[str]:
    """Return the pattern of a translated message; what a name may be is bounded and ends where the text goes on."""
    pieces: list[str] = []
    end = 0
    for hole in _HOLE.finditer(translation):
        pieces.append(re.escape(translation[end : hole.start()]))
        after = translation[hole.end() : hole.end() + 1]
        pieces.append(_name(after, number=hole[0][-1] in "duxX"))
        end = hole.end()
    pieces.append(re.escape(translation[end:].rstrip()))
    return re.compile("".join(pieces))


def _name(after: str, *, number: bool) -> str:
    if number:
        return r"(-?[\dA-F]{1,20})"
    if not after:
        return r"(.{1,400})"
    return r"(.{1,200}?)" if after.isspace() else rf"([^{re.escape(after)}\n]{{1,200}})"


def _joined(found: list[tuple[int, str, str]]) -> English:
    """Join the client's wrapper, the server's message and the system's, in their order; of one place the longest."""
    at: dict[int, tuple[str, str]] = {}
    for start, text, state in found:
        if start not in at or len(text) > len(at[start][0]):
            at[start] = (text, state)
    ordered = [at[start] for start in sorted(at)]
    said: list[str] = []
    for text, _ in ordered:
        if not any(text in earlier for earlier in said):
            said.append(text.strip())
    states = [state for _, state in ordered if state]
    return English(" ".join(said), states[-1] if states else None)
