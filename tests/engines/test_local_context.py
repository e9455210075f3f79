"""The build context holds what the scenario names, over and under each other, and nothing that is kept out."""

from pathlib import Path

import pytest
from docker.utils.build import exclude_paths
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentlab.engines._context import assemble
from incidentlab.engines._dockerignore import Ignore
from incidentlab.errors import BuildFailedError
from incidentlab.model.scenario import ContextEntry, DatabaseSpec, StackSpec


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def spec(tmp_path: Path, *entries: ContextEntry) -> StackSpec:
    file = tmp_path / "Dockerfile.broken"
    file.write_text("FROM python\n", "utf-8")
    return StackSpec("s", "broken", file, entries, DatabaseSpec())


def shipped(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_later_entries_lie_over_earlier_ones_and_a_point_is_the_root(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one", {"a.py": "1", "sub/b.py": "1", ".env": "secret", "__pycache__/x.pyc": "", "y.pyc": ""}
    )
    two = write(tmp_path / "two", {"sub/b.py": "2", "c.py": "2", "Dockerfile": "not this one"})
    assemble(
        spec(tmp_path, ContextEntry(".", one), ContextEntry(".", two), ContextEntry("deep/a.py", one / "a.py")),
        tmp_path / "out",
    )
    assert shipped(tmp_path / "out") == {
        "Dockerfile": "FROM python\n",
        "a.py": "1",
        "c.py": "2",
        "deep/a.py": "1",
        "sub/b.py": "2",
    }


def test_what_dockerignore_keeps_out_is_not_there(tmp_path: Path) -> None:
    files = {".dockerignore": "*\n!app\n**/*.log\n!app/keep.log\n", "app/a.py": "", "app/x.log": "", "app/keep.log": ""}
    one = write(tmp_path / "one", {**files, "junk/big.bin": ""})
    assemble(spec(tmp_path, ContextEntry(".", one)), tmp_path / "out")
    assert set(shipped(tmp_path / "out")) == {".dockerignore", "Dockerfile", "app/a.py", "app/keep.log"}
    assert not (tmp_path / "out" / "junk").exists()


def test_links_stay_inside_or_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a.py": "1"})
    (one / "inner").symlink_to("a.py")
    assemble(spec(tmp_path, ContextEntry("app", one)), tmp_path / "out")
    assert (tmp_path / "out" / "app" / "inner").is_symlink()
    (one / "outer").symlink_to("/etc/hostname")
    with pytest.raises(BuildFailedError, match="outer"):
        assemble(spec(tmp_path, ContextEntry("app", one)), tmp_path / "out2")


@pytest.mark.parametrize("place", ["../x", "/x", "a/../../x"])
def test_places_outside_the_context_are_refused(tmp_path: Path, place: str) -> None:
    one = write(tmp_path / "one", {"a.py": "1"})
    with pytest.raises(BuildFailedError):
        assemble(spec(tmp_path, ContextEntry(place, one / "a.py")), tmp_path / "out")


def test_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildFailedError) as caught:
        assemble(spec(tmp_path, ContextEntry("a", tmp_path / "nowhere")), tmp_path / "out")
    assert "nowhere" in caught.value.why


TREE = [f"{a}{b}" for a in ("", "a/", "b/", "a/b/", "b/a/", "a/b/a/") for b in ("a.py", "b.log", "ab", ".a")]
PARTS = st.sampled_from(["a", "b", "*", "**", "a*", "*.py", "*.log", "?b", "ab", ".a", "a.py", "[ab]", "b.log"])
LITERALS = st.sampled_from(["a", "b", "ab", ".a", "a.py", "b.log"])
WITHIN = PARTS.filter(lambda part: part != "**")
# The SDK's own matcher never enters an excluded folder for "!*/b", and forgets parents for "**/a" beside a "!";
# BuildKit does neither, and nor do we. Elsewhere all agree.
PATTERNS = st.one_of(
    st.lists(st.lists(PARTS, min_size=1, max_size=3).map("/".join), max_size=5),
    st.lists(
        st.one_of(
            st.lists(WITHIN, min_size=1, max_size=2).map(lambda parts: "/".join(parts) + "/"),
            st.lists(LITERALS, min_size=1, max_size=3).map(lambda parts: "!" + "/".join(parts)),
        ),
        max_size=5,
    ),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("tree"), dict.fromkeys(TREE, ""))


@given(patterns=PATTERNS)
@settings(max_examples=300, deadline=None)
def test_patterns_mean_what_they_mean_to_the_docker_sdk(tree: Path, patterns: list[str]) -> None:
    theirs = {path for path in exclude_paths(str(tree), list(patterns)) if (tree / path).is_file()}
    ignore = Ignore.of(patterns)
    assert {path for path in TREE if not ignore.keeps_out(path)} == theirs


def test_a_file_comes_back_from_an_excluded_folder_by_a_pattern_too() -> None:
    ignore = Ignore.of(["a", "!*/b", "!**/*.py"])
    assert [path for path in TREE if path.startswith("a/") and not ignore.keeps_out(path)] == [
        path for path in TREE if path.startswith("a/") and (path.startswith("a/b/") or path.endswith(".py"))
    ]


def test_comments_points_and_broken_brackets_say_nothing_wrong() -> None:
    ignore = Ignore.of(["# no", "", ".", "/", "x[", "/rooted", " spaced "])
    assert [path for path in ("a", "x[", "rooted", "sub/rooted", "spaced") if ignore.keeps_out(path)] == [
        "x[",
        "rooted",
        "spaced",
    ]


def test_modes_are_readable_for_the_apps_own_user(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"run.sh": "", "a.py": ""})
    (one / "run.sh").chmod(0o700)
    (one / "a.py").chmod(0o400)
    assemble(spec(tmp_path, ContextEntry(".", one)), tmp_path / "out")
    assert (tmp_path / "out" / "run.sh").stat().st_mode & 0o777 == 0o744
    assert (tmp_path / "out" / "a.py").stat().st_mode & 0o777 == 0o644
