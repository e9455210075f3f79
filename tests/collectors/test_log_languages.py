"""PostgreSQL's messages in each of its languages come out in English, with the names that stood in them."""

import json
import re
from importlib.resources import files

import pytest

from incidentlab.collectors import _languages, _sqlstate, log
from incidentlab.collectors._messages import FILE
from incidentlab.collectors._messages._known import CLIENT, SERVER, SYSTEM

_DATA: dict[str, dict[str, dict[str, dict[str, str]]]] = json.loads(
    files("incidentlab.collectors._messages").joinpath(FILE).read_text(encoding="utf-8")
)
CATALOGUE, OLDER = _DATA["languages"], _DATA["older"]
_HOLE = re.compile(r"%(?:(\d)\$)?(?:[-+ 0#]?\d{0,3}(?:\.\d)?(?:l{0,2}|z|h)[sdumcXxl])")
# Messages that say the same as another one in some language.
_SAME_IN_SOME = frozenset({"Permission denied", '%s at or near "%s"', 'could not write to file "%s": %m'})


def _filled(text: str) -> str:
    """Put a name into each place: the same one into the first, the second … of any language."""
    count = iter(range(1, 10))

    def name(hole: re.Match[str]) -> str:
        place = int(hole[1] or next(count))
        return str(7_000 + place) if hole[0][-1] in "duxX" else f"name_{place}"

    return _HOLE.sub(name, text)


@pytest.mark.parametrize("language", sorted(CATALOGUE))
def test_each_message_of_a_language_is_known_again(language: str) -> None:
    wrong = []
    for english, translation in CATALOGUE[language]["messages"].items():
        found = _languages.english(_filled(translation.replace("\n", " ")))
        wanted = _filled(english).strip()
        if english not in _SAME_IN_SOME and (not found or wanted not in found.text):
            wrong.append((translation, wanted, found))
    # Some say the same in two languages, or of two messages; the great majority must not.
    assert len(wrong) <= len(CATALOGUE[language]["messages"]) // 20, wrong


@pytest.mark.parametrize("language", sorted(OLDER))
def test_what_an_older_release_says_in_other_words_is_known_too(language: str) -> None:
    wrong = []
    for translation, english in OLDER[language]["messages"].items():
        found = _languages.english(_filled(translation.replace("\n", " ")))
        if english not in _SAME_IN_SOME and (not found or _filled(english).strip() not in found.text):
            wrong.append((translation, english, found))
    assert len(wrong) <= len(OLDER[language]["messages"]) // 20, wrong


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ('用户 "ann" 登录成功', None),
        ('用户 "ann" Password 认证失败', 'password authentication failed for user "ann"'),
        ('用户 "ann" 的密码认证失败', 'password authentication failed for user "ann"'),
        ('对用户"ann"的对等认证失败', 'Peer authentication failed for user "ann"'),
        ('数据库 "shop" 不存在', 'database "shop" does not exist'),
        ('关系 "orders" 已经存在', 'relation "orders" already exists'),
    ],
)
def test_servers_of_several_years_are_understood_in_chinese(said: str, english: str | None) -> None:
    found = _languages.english(said)
    assert (found.text if found else None) == english


def test_the_parts_and_levels_of_an_older_release_are_known_too() -> None:
    assert (_languages.part("详细信息:  x"), _languages.part("详情:  x")) == ("DETAIL", "DETAIL")
    assert _languages.level("比致命错误还过分的错误:  x") == "PANIC"


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "ja", "ko", "ru", "sv", "uk", "zh_CN", "zh_TW"])
def test_the_languages_of_the_server_have_all_that_matters(language: str) -> None:
    messages = CATALOGUE[language]["messages"]
    assert len(messages) > 150
    for english in ('relation "%s" does not exist', 'password authentication failed for user "%s"', "deadlock detected",
                    "sorry, too many clients already", "the database system is starting up", "No space left on device",
                    "database files are incompatible with server", "invalid primary checkpoint record"):  # fmt: skip
        assert english in messages


@pytest.mark.parametrize("language", sorted(set(CATALOGUE) - {"cs", "el", "pl", "pt_BR", "tr"}))
def test_a_servers_message_in_any_language_is_read_whole(language: str) -> None:
    """A statement that failed, as the server would have logged it: its level, its state and its SQL are found."""
    words = CATALOGUE[language]
    level = words["severities"].get("ERROR", "ERROR")
    statement = words["parts"].get("STATEMENT", "STATEMENT").split("|")[0]
    said = words["messages"]['relation "%s" does not exist'].replace("%s", "tasks")
    lines = [
        f"2026-11-23 20:15:30.123 UTC [7] {level}:  {said}",
        f"2026-11-23 20:15:30.123 UTC [7] {statement}:  SELECT 1",
    ]
    event = log.read(lines, "db")[0]
    assert (event.severity, event.from_server, event.sqlstate) == ("error", True, "42P01")
    assert event.english == 'relation "tasks" does not exist'
    if len(statement) > 1:  # a single sign is too little to tell a part by
        assert event.sql == "SELECT 1"


def test_every_state_is_one_of_postgresqls() -> None:
    assert {state for state in SERVER.values() if state} <= _sqlstate.CODES
    assert len({*SERVER, *CLIENT, *SYSTEM}) > 120


@pytest.mark.parametrize(
    ("line", "english", "state"),
    [
        ("psycopg2.errors.UndefinedColumn: ERREUR:  la colonne t.valeur n'existe pas",
         "column t.valeur does not exist", "42703"),
        ("psycopg2.OperationalError: la connexion au serveur sur « db » (::1), port 5432 a échoué : Connexion refusée",
         'connection to server at "db" (::1), port 5432 failed: Connection refused', None),
        ("psycopg2.OperationalError: n'a pas pu traduire le nom d\u2019hôte « db » en adresse : Nom ou service inconnu",
         'could not translate host name "db" to address: Name or service not known', None),
        ("psycopg2.OperationalError: FATAL:  Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen",
         'password authentication failed for user "app"', "28P01"),
        ("ERROR:  permiso denegado a la tabla foo", "permission denied for table foo", "42501"),
        ("ERRORE:  la relazione \"x\" non esiste", 'relation "x" does not exist', "42P01"),
        ("org.postgresql.util.PSQLException: 错误: 关系 \"t\" 不存在", 'relation "t" does not exist', "42P01"),
    ],
)  # fmt: skip
def test_a_clients_line_says_it_in_english_too(line: str, english: str, state: str | None) -> None:
    (event,) = log.read([line], "app")
    assert event.english == english
    assert event.severity in ("error", "fatal")
    assert event.sqlstate == state


@pytest.mark.parametrize(
    ("line", "english"),
    [
        ("pq: permiso denegado a la tabla jobs", "permission denied for table jobs"),
        ("2026-01-01 10:00:00 store: pq: la base de données « boutique » n'existe pas",
         'database "boutique" does not exist'),
        ('  An exception occurred in the driver: SQLSTATE[08006] [7] connection to server at "database.internal" '
         '(172.19.0.2), port 5432 failed: FATAL:  Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen',
         'password authentication failed for user "app"'),
        ("[migrate] SQLSTATE[42P01]: Undefined table: 7 ERREUR:  la relation « t » n'existe pas",
         'relation "t" does not exist'),
        ("la base de données « boutique » n'existe pas", ""),
        ("INFO faq: la relation « t » n'existe pas encore", ""),
    ],
)  # fmt: skip
def test_what_a_driver_hands_on_is_read_in_lines_that_name_no_level(line: str, english: str) -> None:
    (event,) = log.read([line], "app")
    assert event.english == english


@pytest.mark.parametrize(
    "line",
    [
        "INFO: Démarrage du serveur « web »",
        "ERROR: не удалось подключиться к чему-то своему",
        "✔ Container web Started",
        "ERROR: naïve café",
        'FATAL:  password authentication failed for user "app"',
        "Exception dans l'application: tout va mal",
    ],
)
def test_what_postgresql_never_said_has_no_english(line: str) -> None:
    assert log.read([line], "app")[0].english == ""


@pytest.mark.parametrize("language", sorted(CATALOGUE))
def test_no_message_is_passed_over_for_being_written_in_plain_letters(language: str) -> None:
    levels = CATALOGUE[language]["severities"]
    filled = [_filled(text.replace("\n", " ")) for text in CATALOGUE[language]["messages"].values()]
    lines = [f"{levels.get(level, level)}:  {text}" for text in filled for level in ("FATAL", "ERROR")]
    assert [line for line in lines if not _languages.maybe(line)] == []


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("FATAL:  das Datenbanksystem startet", "57P03"),
        ("WARN [pool] no connection yet, again in 2 s: FATAL: das Datenbanksystem startet", "57P03"),
        ("psycopg2.OperationalError: FATAL:  tut mir leid, schon zu viele Verbindungen", "53300"),
        ("error: lo siento, ya tenemos demasiados clientes", "53300"),
        ("2026-01-05 10:00:00 CET [7] FEHLER:  Verklemmung (Deadlock) entdeckt", "40P01"),
        ("ERROR:  la colonne t.wanted n'existe pas", "42703"),
    ],
)
def test_plain_letters_have_their_state(line: str, state: str) -> None:
    (event,) = log.read([line], "app")
    assert event.sqlstate == state
