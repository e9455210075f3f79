"""A log is read once for all questions about it, and another log is another one."""

from incidentlab.causes._once import once_per_log
from incidentlab.model.evidence import LogEvent
from incidentlab.testing import app_log


def test_each_question_is_answered_once_for_a_log() -> None:
    asked: list[str] = []

    @once_per_log
    def count(logs: tuple[LogEvent, ...], word: str) -> int:
        asked.append(word)
        return sum(word in event.text for event in logs)

    first, second = app_log("ERROR: one\nERROR: two"), app_log("ERROR: one\nERROR: one")
    assert [count(first, "one"), count(first, "two"), count(first, "one")] == [1, 1, 1]
    assert asked == ["one", "two"]
    assert [count(second, "one"), count(second, "two")] == [2, 0]
    assert [count(first, "one"), count((), "one")] == [1, 0]


def test_an_equal_log_is_read_again_and_found_the_same() -> None:
    @once_per_log
    def length(logs: tuple[LogEvent, ...]) -> int:
        return len(logs)

    first = app_log("ERROR: one\nERROR: two")
    assert length(first) == length((*first,)) == 2
