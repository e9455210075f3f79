"""The signs of the causes: patterns, literals and examples agree with each other."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentlab import causes
from incidentlab.model.cause import Sign

SIGNS = [pytest.param(sign, id=f"{name}/{sign.name}") for name in causes.names() for sign in causes.get(name).signs]


@pytest.mark.parametrize("sign", SIGNS)
def test_each_example_is_found_and_holds_a_literal(sign: Sign) -> None:
    for example in sign.examples:
        assert sign.pattern.search(example), example
        assert any(literal in example for literal in sign.literals), example


@pytest.mark.parametrize("sign", SIGNS)
def test_no_message_is_found_that_the_search_for_literals_would_miss(sign: Sign) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.from_regex(sign.pattern))
    def holds(text: str) -> None:
        assert any(literal in text for literal in sign.literals), text

    holds()


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("part", ["a", " ", "\"'", ".sh: 1: ", 'role "', "/", "lookup ", "A_", "Environment variable "])
def test_a_hostile_line_is_searched_in_no_time(sign: Sign, part: str) -> None:
    sign.pattern.search(part * (16_384 // len(part)))
