"""Dockerfiles are read as Docker reads them, and no text makes the reader fail in any way but its own."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentlab.model.dockerfile import DockerfileError, Healthcheck, expand, launch_config, parse, split

SCENARIO = Path(__file__).parents[2] / "scenarios" / "missing-migrations"


def test_bundled_dockerfiles_are_understood() -> None:
    broken = launch_config(parse((SCENARIO / "Dockerfile.broken").read_text("utf-8"), "Dockerfile.broken"))
    assert broken.base == "python:3.11-slim"
    assert broken.cmd == ("uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000")
    assert broken.env["PYTHONPATH"] == "/app/service"
    assert (broken.workdir, broken.exposed) == ("/app", ("8000/tcp",))
    assert broken.healthcheck is not None
    assert (broken.healthcheck.interval, broken.healthcheck.retries) == (5.0, 3)


def test_comments_and_blank_lines_inside_a_continuation_belong_to_it() -> None:
    file = parse("FROM python\nENV A=1 \\\n  # why\n\n  B=2\nCMD run")
    env = file.instructions[1]
    assert (env.first_line, env.last_line, env.arguments.split()) == (2, 5, ["A=1", "B=2"])
    assert launch_config(file).start_line == 6


def test_escape_directive_changes_continuations_and_escapes() -> None:
    file = parse("# escape=`\nFROM python\nENV P=C:\\dir `\n    Q=1\n")
    assert launch_config(file).env == {"P": "C:\\dir", "Q": "1"}
    with pytest.raises(DockerfileError, match=r"Dockerfile:1: .*escape"):
        parse("# escape=x\nFROM python")


def test_directive_after_a_comment_is_only_a_comment() -> None:
    assert parse("# hello there\n# escape=`\nFROM python").escape == "\\"


def test_heredoc_bodies_belong_to_their_instruction() -> None:
    file = parse("FROM python\nRUN <<EOF cat\nCMD no\nEOF\nCOPY <<-'A' <<B /x/\n\tone\n\tA\ntwo\nB\nCMD yes")
    assert [each.keyword for each in file.instructions] == ["FROM", "RUN", "COPY", "CMD"]
    assert [(h.name, h.body, h.expand) for h in file.instructions[2].heredocs] == [
        ("A", "one\n", False),
        ("B", "two\n", True),
    ]
    assert (file.instructions[1].first_line, file.instructions[1].last_line) == (2, 4)
    assert launch_config(file).cmd == ("/bin/sh", "-c", "yes")


def test_unclosed_heredoc_is_an_error_at_its_instruction() -> None:
    with pytest.raises(DockerfileError) as caught:
        parse("FROM python\n\nRUN <<EOF\necho\n", "D")
    assert (caught.value.name, caught.value.line) == ("D", 3)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "no FROM"),
        ("RUN x", 1, "no FROM"),
        ("FROM a\nFORM b", 2, "no instruction 'FORM'"),
        ("FROM a\nCMD", 2, "needs arguments"),
        ("ENV A=1\nFROM a", 1, "before the first FROM"),
        ("FROM a as", 1, "FROM takes"),
        ("FROM a\nSHELL /bin/bash", 2, "JSON form"),
        ("FROM a\nONBUILD ONBUILD RUN x", 2, "ONBUILD cannot"),
    ],
)
def test_errors_name_their_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(DockerfileError, match=problem) as caught:
        parse(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("instruction", "problem"),
    [
        ("ENV NAME", "ENV needs"),
        ("ENV A=1 B", "'B' has no ="),
        ('ENV A="open', "never closed"),
        ("ENV A=${B", "never closed|not closed"),
        ("ENV A=${B:?say}", "B: say"),
        ("HEALTHCHECK CMD", "HEALTHCHECK needs"),
        ("HEALTHCHECK --interval=soon CMD x", "--interval needs a duration"),
        ("HEALTHCHECK --retries=x CMD x", "--retries needs a number"),
        ("HEALTHCHECK --often=x CMD x", "no option --often"),
    ],
)
def test_values_that_cannot_be_understood_name_their_line(instruction: str, problem: str) -> None:
    with pytest.raises(DockerfileError, match=problem) as caught:
        launch_config(parse(f"FROM a\n\n{instruction}"))
    assert caught.value.line == 3


def test_stages_inherit_and_are_found_by_name_and_number() -> None:
    file = parse(
        "ARG TAG=3.12\nFROM python:${TAG}-slim AS Base\nENV A=1\nWORKDIR /srv\nCMD one\n"
        'FROM scratch\nFROM base\nENV B=$A\nWORKDIR app\nENTRYPOINT ["run"]\n'
    )
    final = launch_config(file)
    assert (final.base, final.env, final.workdir) == ("python:3.12-slim", {"A": "1", "B": "1"}, "/srv/app")
    assert (final.entrypoint, final.cmd, final.start_line) == (("run",), (), 10)  # an inherited CMD is taken back
    assert file.stage_named("BASE", 2) is file.stage_named("0", 2) is file.stages[0]
    assert file.stage_named("base", 0) is None


def test_environment_wins_over_arguments_and_takes_effect_after_its_line() -> None:
    file = parse(
        "ARG V=outer\nFROM a\nARG V\nARG W=w\nENV X=$V Y=$X$W\nENV V=env\nARG V=late\nENV Z=${V}\nENV OLD a  b\n"
    )
    assert launch_config(file).env == {"X": "outer", "Y": "w", "V": "env", "Z": "env", "OLD": "a  b"}


def test_shell_and_exec_forms() -> None:
    text = 'FROM a\nSHELL ["/bin/bash", "-c"]\nCMD a && b\nENTRYPOINT ["sh", "-c"]\n'
    config = launch_config(parse(text))
    assert config.argv == ("sh", "-c", "/bin/bash", "-c", "a && b")
    assert launch_config(parse("FROM a\nCMD ['single', 'quotes']")).cmd[-1] == "['single', 'quotes']"


def test_healthcheck_in_all_its_forms() -> None:
    line = "HEALTHCHECK --interval=1m30s --timeout=250ms --start-period=1.5h --start-interval=2s --retries=9 CMD "
    assert launch_config(parse(f'FROM a\n{line}["x", "y"]')).healthcheck == Healthcheck(
        ("CMD", "x", "y"), 90.0, 0.25, 5400.0, 2.0, 9, 2
    )
    shell = launch_config(parse("FROM a\nHEALTHCHECK CMD curl -f x || exit 1")).healthcheck
    assert shell == Healthcheck(("CMD-SHELL", "curl -f x || exit 1"), line=2)
    assert launch_config(parse("FROM a\nHEALTHCHECK none")).healthcheck == Healthcheck(("NONE",), line=2)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$A-${A}", "1-1"),
        ("${B:-x}${B-y}", "xy"),
        ("${E:-x}${E-y}", "x"),
        ("${A:+set}${B:+set}", "set"),
        ("${B:-${A}-$A}", "1-1"),
        ("'$A'\"$A\"", "$A1"),
        (r"\$A", "$A"),
        (r'"a\"b\c"', r'a"b\c'),
        ("cost: $", "cost: $"),
        ("$$A", "A"),
    ],
)
def test_words_are_expanded_as_the_reference_says(word: str, expected: str) -> None:
    assert expand(word, {"A": "1", "E": ""}) == expected


TEXTS = st.text(alphabet=st.sampled_from(list("FROM aENVCMD\\`#\n\r\t \"'${}:-=<EOF[],1")), max_size=200)


@given(st.one_of(st.text(max_size=300), TEXTS, TEXTS.map(lambda text: f"FROM a\nENV {text}\nHEALTHCHECK {text}")))
def test_no_text_makes_it_fail_but_by_its_own_error_and_lines_lie_in_the_text(text: str) -> None:
    lines: list[int] = []
    try:
        file = parse(text)
        lines += [line for each in file.instructions for line in (each.first_line, each.last_line)]
        lines.append(launch_config(file).start_line or 1)
    except DockerfileError as error:
        lines.append(error.line)
    assert 1 <= min(lines) <= max(lines) <= text.count("\n") + 1


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(DockerfileError):
        launch_config(parse("FROM a\nENV A=" + "${A:-" * 5000))
    assert parse("FROM a\nCMD " + "[" * 100_000).instructions[1].words is None


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=30
)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.lists(VALUES, min_size=1))
def test_what_is_written_is_what_is_read(env: dict[str, str], words: list[str]) -> None:
    quoted = {name: '"' + "".join(f"\\{c}" if c in '\\"$' else c for c in value) + '"' for name, value in env.items()}
    pairs = " \\\n  # a comment\n  ".join(f"{name}={value}" for name, value in quoted.items())
    config = launch_config(parse(f"FROM a\nENV {pairs}\nCMD {json.dumps(words)}\n"))
    assert config.env == env
    assert config.cmd == tuple(words)


@given(VALUES)
def test_splitting_loses_no_character_but_white_space(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())
