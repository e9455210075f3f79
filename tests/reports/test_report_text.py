import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.reports import _text as text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://example.org\x1b\\link", "link"),
        ("a\x00b", "a\ufffdb"),
        ("over\rwritten", "overwritten"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("user\u202egnp.exe", "user\ufffdgnp.exe"),
        ("bad\udc80byte", "bad\ufffdbyte"),
        ("emoji 🚑 and é", "emoji 🚑 and é"),
    ],
)
def test_what_a_terminal_would_obey_is_not_shown(raw: str, shown: str) -> None:
    assert text.clean(raw) == shown


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_clean_text_can_always_be_encoded_and_holds_no_control(raw: str) -> None:
    shown = text.clean(raw)
    shown.encode("utf-8")
    assert not any(ord(each) < 32 and each not in "\t\n" for each in shown)


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    assert text.clip("x" * 1_000_000, 10) == f"{'x' * 10} … (999,990 more characters)"
    assert text.clip("short", 10) == "short"


def test_prose_is_split_at_its_back_ticks() -> None:
    assert text.spans("run `a b` and ``c`d``") == [(False, "run "), (True, "a b"), (False, " and "), (True, "c`d")]
    assert text.spans("one ` alone") == [(False, "one ` alone")]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 ms"),
        (0.0081, "8 ms"),
        (0.0996, "0.10 s"),
        (0.874, "0.87 s"),
        (9.999, "10.0 s"),
        (12.34, "12.3 s"),
        (59.97, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.6, "1 h 00 min"),
        (11_220, "3 h 07 min"),
    ],
)
def test_seconds_read_as_people_say_them(seconds: float, words: str) -> None:
    assert text.duration(seconds) == words


def test_a_hundred_percent_is_said_only_of_the_whole() -> None:
    assert text.quantity(100.0, "%") == "100 %"
    assert text.quantity(99.99, "%") == "99.9 %"
    assert text.quantity(0.001, "%") == "0.1 %"
    assert text.quantity(0.0, "%") == "0 %"
    assert text.quantity(None, "%") == "—"
    assert text.quantity(3.44, "ms") == "3.4 ms"
