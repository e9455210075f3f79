"""The graph of revisions: heads, circles, parents that no file has, revisions that two files claim."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from incidentlab.model.evidence import RevisionFile


def heads(revisions: Iterable[RevisionFile]) -> tuple[str, ...]:
    """Return the revisions that are no other's parent, as ``alembic heads`` counts them: ``depends_on`` apart.

    A revision that replaces others (Django's squashed ones) stands for them.
    """
    files = tuple(revisions)
    stands_for = {old: one.revision for one in files for old in one.replaces}
    counting = [one for one in files if one.revision not in stands_for]
    parents = {stands_for.get(parent, parent) for one in counting for parent in one.down_revisions}
    return tuple(sorted({one.revision for one in counting} - parents))


def missing_parents(revisions: Iterable[RevisionFile]) -> tuple[tuple[str, str], ...]:
    """Return (revision, parent) pairs where no file has the parent."""
    files = tuple(revisions)
    known = {one.revision for one in files} | {old for one in files for old in one.replaces}
    return tuple(
        sorted({(one.revision, parent) for one in files for parent in one.down_revisions if parent not in known})
    )


def duplicates(revisions: Iterable[RevisionFile]) -> tuple[str, ...]:
    """Return the revisions that more than one file claims to be."""
    return tuple(sorted(name for name, count in Counter(one.revision for one in revisions).items() if count > 1))


def cycles(revisions: Iterable[RevisionFile]) -> tuple[tuple[str, ...], ...]:
    """Return each circle of the graph, its members sorted; revisions that are in several circles come once.

    These are the strongly connected components of more than one revision, and those that are their own parent
    (Tarjan 1972, without recursion: a chain may be as long as it likes).
    """
    edges: dict[str, tuple[str, ...]] = {}
    for one in revisions:
        edges[one.revision] = (*edges.get(one.revision, ()), *one.down_revisions, *one.depends_on)
    rest = _without_ends(edges)
    return tuple(sorted(tuple(sorted(found)) for found in _components(rest) if _is_circle(found, rest)))


def _is_circle(found: Sequence[str], edges: Mapping[str, Sequence[str]]) -> bool:
    return len(found) > 1 or found[0] in edges[found[0]]


def _without_ends(edges: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Leave out what no circle can hold: one pass over a sound graph, and nothing is left of it."""
    children: dict[str, list[str]] = {}
    waiting: dict[str, int] = {}
    for name, parents in edges.items():
        known = {parent for parent in parents if parent in edges}
        waiting[name] = len(known)
        for parent in known:
            children.setdefault(parent, []).append(name)
    free = [name for name, count in waiting.items() if not count]
    while free:
        name = free.pop()
        del waiting[name]
        for child in children.get(name, ()):
            waiting[child] -= 1
            if not waiting[child]:
                free.append(child)
    return {name: tuple(parent for parent in edges[name] if parent in waiting) for name in waiting}


def _components(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_ones: list[str] = []
    is_open: set[str] = set()
    found: list[list[str]] = []
    for start in edges:
        if start in number:
            continue
        todo = [(start, iter(edges[start]))]
        number[start] = lowest[start] = len(number)
        open_ones.append(start)
        is_open.add(start)
        while todo:
            name, parents = todo[-1]
            for parent in parents:
                if parent not in number:
                    number[parent] = lowest[parent] = len(number)
                    open_ones.append(parent)
                    is_open.add(parent)
                    todo.append((parent, iter(edges[parent])))
                    break
                if parent in is_open:
                    lowest[name] = min(lowest[name], number[parent])
            else:
                todo.pop()
                if todo:
                    lowest[todo[-1][0]] = min(lowest[todo[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    found.append(_taken_until(name, open_ones, is_open))
    return found


def _taken_until(name: str, open_ones: list[str], is_open: set[str]) -> list[str]:
    taken: list[str] = []
    while not taken or taken[-1] != name:
        taken.append(open_ones.pop())
    is_open.difference_update(taken)
    return taken
