"""Log lines are safe to print and bounded, whatever a program writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.logtext import LINE_LIMIT, LineBuffer, bound_line, clean_line


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1bP1$r\x1b\\dcs", "dcs"),
        ("a\x1b[2Jb\x1b(Bc\x9b31md", "abcd"),
        ("tab\tstays\r", "tab\tstays"),
        ("nul\x00 bell\x07 del\x7f", "nul bell del"),
        ("turned \u202eround", "turned round"),
        ("open \x1b[", "open "),
        ("[/x] array[int] :smile: été 🙂", "[/x] array[int] :smile: été 🙂"),
    ],
)
def test_control_sequences_go_and_text_stays(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


@given(st.text())
def test_nothing_that_moves_a_terminal_is_left(raw: str) -> None:
    text = clean_line(raw)
    assert not any((ord(char) < 32 and char != "\t") or 127 <= ord(char) < 160 for char in text)
    assert clean_line(text) == text


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_pieces_make_the_same_lines_however_they_are_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    one, many = LineBuffer(), LineBuffer()
    expected = [*one.feed(whole), *one.flush()]
    assert [line for piece in pieces for line in many.feed(piece)] + list(many.flush()) == expected
    assert len(expected) == whole.count(b"\n") + (not whole.endswith(b"\n") and bool(whole))


def test_long_line_is_bounded_in_memory_and_in_the_result() -> None:
    buffer = LineBuffer()
    for _ in range(100):
        assert list(buffer.feed(b"x" * 100_000)) == []
    [line] = buffer.feed(b"\n")
    assert LINE_LIMIT < len(line) < LINE_LIMIT + 10_000
    assert bound_line(line).startswith("x" * LINE_LIMIT + " … [")
    assert bound_line("short") == "short"
