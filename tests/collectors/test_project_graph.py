"""The graph of revisions, held to slow answers that nobody can doubt."""

from itertools import product
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from incidentlab.collectors import _graph
from incidentlab.model.evidence import RevisionFile

_NODES = "abcdefg"
_EDGES = st.dictionaries(st.sampled_from(_NODES), st.frozensets(st.sampled_from(_NODES + "xy"), max_size=3), max_size=7)


def files(edges: dict[str, frozenset[str]]) -> tuple[RevisionFile, ...]:
    return tuple(RevisionFile(name, tuple(sorted(parents)), f"{name}.py") for name, parents in edges.items())


def reaches(edges: dict[str, frozenset[str]], start: str, end: str) -> bool:
    """Whether one can walk from a revision to another in one step or more."""
    seen: set[str] = set()
    todo = list(edges.get(start, ()))
    while todo:
        name = todo.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            todo += edges.get(name, ())
    return False


@settings(max_examples=300)
@given(_EDGES)
def test_heads_are_those_that_nobody_revises(edges: dict[str, frozenset[str]]) -> None:
    expected = sorted(name for name in edges if not any(name in parents for parents in edges.values()))
    assert list(_graph.heads(files(edges))) == expected


@settings(max_examples=300)
@given(_EDGES)
def test_missing_parents_are_those_without_a_file(edges: dict[str, frozenset[str]]) -> None:
    expected = sorted((name, parent) for name in edges for parent in edges[name] if parent not in edges)
    assert list(_graph.missing_parents(files(edges))) == expected


@settings(max_examples=500)
@given(_EDGES)
def test_circles_are_what_leads_back_to_itself(edges: dict[str, frozenset[str]]) -> None:
    circles = {
        tuple(sorted(other for other in edges if reaches(edges, name, other) and reaches(edges, other, name)))
        for name in edges
        if reaches(edges, name, name)
    }
    assert set(_graph.cycles(files(edges))) == circles


@given(st.lists(st.sampled_from("abc"), max_size=8))
def test_duplicates_are_claimed_twice(names: list[str]) -> None:
    given_files = [RevisionFile(name, (), f"{number}.py") for number, name in enumerate(names)]
    assert list(_graph.duplicates(given_files)) == sorted({name for name in names if names.count(name) > 1})


def test_a_circle_may_go_through_depends_on() -> None:
    one, two = RevisionFile("a", ("b",), "a.py"), RevisionFile("b", (), "b.py", depends_on=("a",))
    assert _graph.cycles((one, two)) == (("a", "b"),)
    assert _graph.heads((one, two)) == ("a",)


def test_large_graphs_take_no_recursion_and_little_time() -> None:
    count = 20_000
    chain = [RevisionFile(str(n), (str((n - 1) % count),), "x.py") for n in range(count)]
    began = perf_counter()
    assert len(_graph.cycles(chain)[0]) == count
    assert _graph.cycles(chain[1:]) == ()
    dense = [RevisionFile(f"{a}", tuple(str(b) for b in range(100)), "x.py") for a in range(100)]
    assert len(_graph.cycles(dense)) == 1
    assert perf_counter() - began < 20


def test_a_squashed_migration_stands_for_what_it_replaces() -> None:
    old = [RevisionFile("app.1", (), "1"), RevisionFile("app.2", ("app.1",), "2")]
    squashed = RevisionFile("app.1_squashed_2", (), "s", replaces=("app.1", "app.2"))
    after = RevisionFile("app.3", ("app.2",), "3")
    for present in product((old, []), ([after], [])):
        graph = [*present[0], squashed, *present[1]]
        assert _graph.heads(graph) == (("app.3",) if present[1] else ("app.1_squashed_2",))
        assert _graph.missing_parents(graph) == ()
