"""The search for remarkable lines: two scanners with one answer, and nothing lost where every line is one."""

import gc
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentlab.collectors import _scan
from incidentlab.collectors._digest import Digest, Sizes
from incidentlab.collectors._numbers import Numbers
from incidentlab.collectors._remarkable import GENERIC, SERVICE
from incidentlab.collectors._words import Words

_LITERALS = (
    'relation "', "does not exist", "42P01", "n'existe pas", "ne peut pas être", "存在しません", "не существует",
    "a.b|*", "(", "aa", "aaa", "Connection refused", "is not ", "\\", "No space left",
)  # fmt: skip
_PIECES = st.one_of(
    st.sampled_from(_LITERALS).map(lambda one: one.encode()),
    st.sampled_from(_LITERALS).flatmap(lambda one: st.integers(0, len(one)).map(lambda cut: one[:cut].encode())),
    st.sampled_from([b"\n", b"\n", b"\r\n", b"a", b'\\"', b"\\u00ea", b"\xea", b"\0", b"\xff\xfe", b" "]),
    st.binary(max_size=6),
)
_TEXT = st.lists(_PIECES, max_size=40).map(b"".join)


@given(_TEXT, st.integers(0, 60), st.integers(0, 60))
def test_both_scanners_give_the_same_places(text: bytes, skip: int, cut: int) -> None:
    wanted = _scan.spellings(_LITERALS)
    start, end = min(skip, len(text)), max(min(skip, len(text)), len(text) - cut)
    quick = list(_scan.re2_scanner(wanted).hits(text, start, end))
    plain = list(_scan.find_scanner(wanted).hits(text, start, end))
    assert quick == plain
    assert plain == list(_by_definition(text, wanted, start, end))


def _by_definition(text: bytes, wanted: tuple[bytes, ...], start: int, end: int) -> Iterator[int]:
    at = start
    for line in text[start:end].split(b"\n"):
        found = [place for word in wanted if (place := line.find(word)) >= 0]
        if found:
            yield at + min(found)
        at += len(line) + 1


@pytest.mark.parametrize("make", [_scan.re2_scanner, _scan.find_scanner])
def test_a_scanner_of_nothing_finds_nothing_and_reads_a_bytearray(make: object) -> None:
    assert callable(make)
    assert list(make(()).hits(b"text\n", 0, 5)) == []
    assert list(make((b"x",)).hits(bytearray(b"a\nbx\nx"), 0, 6)) == [3, 5]


def test_a_string_is_looked_for_as_logs_may_spell_it() -> None:
    spelled = _scan.spellings(['relation "é', "", "first\nthe second line"])
    assert 'relation "é'.encode() in spelled
    assert b'relation "\xe9' in spelled
    assert b'relation \\"\\u00e9' in spelled
    assert 'relation \\"é'.encode() in spelled
    assert b"the second line" in spelled
    assert b"" not in spelled


def test_a_hostile_log_does_not_slow_the_search_down() -> None:
    from time import process_time

    rnd = random.Random(5)
    words = _scan.spellings([*GENERIC, *SERVICE, *_LITERALS])
    scanner = _scan.re2_scanner(words)
    hostile = b"".join(word[: rnd.randrange(1, len(word) + 1)] for word in rnd.choices(words, k=200_000))
    list(scanner.hits(hostile, 0, len(hostile)))
    began = process_time()
    for line in hostile.split(b"E"):
        list(scanner.hits(line, 0, len(line)))
    list(scanner.hits(hostile, 0, len(hostile)))
    # Twenty times what it takes, on a busy machine; an automaton that is rebuilt all the time takes longer.
    assert process_time() - began < 20


@given(_TEXT.map(lambda text: text * 30))
@settings(max_examples=50)
def test_a_bounded_search_gives_only_true_hits(text: bytes) -> None:
    words = Words(_scan.spellings(_LITERALS), _scan.build)
    for hit in words.bounded(text):
        assert text.startswith(hit.word, hit.place)


def test_a_rare_string_is_found_where_every_line_has_a_frequent_one() -> None:
    lines = [f"ERROR {number} is not here" for number in range(20_000)]
    lines[13_000] = "ERROR x is not here: No space left on device"
    text = "\n".join(lines).encode()
    found = list(Words((b"ERROR", b"is not ", b"No space left"), _scan.build).bounded(text))
    assert len(found) < 1_000
    assert any(hit.word == b"No space left" for hit in found)
    assert max(hit.place for hit in found) > len(text) - 60  # the last one too
    assert sum(1 + hit.passed for hit in found) == pytest.approx(20_000, rel=0.03)


@given(st.lists(st.integers(0, 300), max_size=30))
def test_line_numbers_do_not_depend_on_the_order_of_asking(places: list[int]) -> None:
    text = b"a\nbb\n\nccc\n" * 31
    numbers = Numbers(text, 0, 7)
    assert [numbers.of(place) for place in places] == [7 + text.count(b"\n", 0, place) for place in places]


_LINES = ["fine", "all is well 17", "ERROR: a", 'relation "t" does not exist', "  File", '" 200 OK']
_TINY = Sizes(whole=2_000, head=300, tail=500)


@given(
    st.lists(st.sampled_from(_LINES), min_size=1, max_size=400),
    st.integers(1, 700),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=60)
def test_a_digest_keeps_true_lines_under_their_true_numbers(lines: list[str], step: int, ends: bool) -> None:
    text = "\n".join(lines).encode() + (b"\n" if ends else b"")
    shown = []
    for build in (_scan.re2_scanner, _scan.find_scanner):
        digest = Digest(_LITERALS, SERVICE, _TINY, build)
        for at in range(0, len(text), step):
            digest.add(text[at : at + step])
        digest.finish()
        assert digest.lines == len(lines)
        pieces = list(digest.pieces())
        for piece in pieces:
            for number, line in enumerate(piece.lines, piece.first_line):
                assert line.decode() == lines[number - 1]
        numbers = [piece.first_line for piece in pieces]
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 1
        assert pieces[-1].first_line + len(pieces[-1].lines) - 1 == len(lines)
        shown.append(pieces)
    assert shown[0] == shown[1]


def test_what_a_digest_keeps_is_bounded_whatever_comes() -> None:
    rnd = random.Random(3)
    digest = Digest(_LITERALS, SERVICE)
    for _ in range(30):
        digest.add(
            "".join(
                f'{rnd.getrandbits(60):x} ERROR relation "{"ab" * rnd.randrange(9)}{rnd.random()}" is not '
                f"{''.join(rnd.choices('ghijkl', k=9))}\n"
                for _ in range(8_000)
            ).encode()
        )
    digest.finish()
    gc.collect()
    kept = sum(len(line) for piece in digest.pieces() for line in piece.lines)
    assert kept < 6 << 20
    assert digest.lines == 240_000
