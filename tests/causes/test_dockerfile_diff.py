"""The diff of a Dockerfile: it applies with git and with patch, and the shell then runs what was meant."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentlab.causes.migrations._mend import dockerfile_diff
from incidentlab.model.dockerfile import launch_config, parse
from incidentlab.model.evidence import DockerfileFacts
from incidentlab.resources import bundled_scenarios

HEAD = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n\n"
MIGRATE = "alembic upgrade head"


def mended(folder: Path, text: str, tool: str, name: str = "Dockerfile") -> str:
    diff = dockerfile_diff(DockerfileFacts(name, text, None), MIGRATE)
    assert diff
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")
    command = ["git", "apply", "-"] if tool == "git" else ["patch", "--binary", "-p1"]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, input=diff.encode(), cwd=folder, capture_output=True, timeout=60)
    assert done.returncode == 0, (done.stdout, done.stderr, diff)
    with path.open(newline="") as file:
        return file.read()


@pytest.mark.parametrize("tool", ["git", "patch"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]\n',
            'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app --host 0.0.0.0 --port 8000"]\n',
        ),
        ('CMD ["uvicorn", "main:app"]', 'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app"]'),
        ('CMD ["echo", "a b", "$X"]\n', 'CMD ["sh", "-c", "alembic upgrade head && exec echo \'a b\' \'$X\'"]\n'),
        ("CMD uvicorn main:app\n", 'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app"]\n'),
        ("CMD cd src && uvicorn x\n", 'CMD ["sh", "-c", "alembic upgrade head && cd src && uvicorn x"]\n'),
        ("CMD one; two\n", 'CMD ["sh", "-c", "alembic upgrade head && { one; two; }"]\n'),
        ("CMD A=1 uvicorn x\n", 'CMD ["sh", "-c", "alembic upgrade head && A=1 uvicorn x"]\n'),
        ('CMD ["bash", "-c", "exec uvicorn x"]\n', 'CMD ["bash", "-c", "alembic upgrade head && exec uvicorn x"]\n'),
        (
            'CMD ["uvicorn", \\\n     "main:app"]\n# the end\n',
            'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn main:app"]\n# the end\n',
        ),
        (
            'ENTRYPOINT ["uvicorn"]\nCMD ["main:app"]\n',
            'ENTRYPOINT ["sh", "-c", "alembic upgrade head && exec \\"$@\\"", "sh", "uvicorn"]\nCMD ["main:app"]\n',
        ),
        (
            'ENTRYPOINT ["tini", "--"]\nCMD ["uvicorn", "x"]\n',
            'ENTRYPOINT ["tini", "--"]\nCMD ["sh", "-c", "alembic upgrade head && exec uvicorn x"]\n',
        ),
        (
            'HEALTHCHECK --retries=3 \\\n    CMD ["true"]\nCMD ["uvicorn", "x"]\r\n',
            'HEALTHCHECK --retries=3 \\\n    CMD ["true"]\n'
            'CMD ["sh", "-c", "alembic upgrade head && exec uvicorn x"]\r\n',
        ),
    ],
)
def test_it_applies_and_leaves_the_rest_alone(tmp_path: Path, tool: str, before: str, after: str) -> None:
    assert mended(tmp_path, HEAD + before, tool) == HEAD + after


@pytest.mark.parametrize("tool", ["git", "patch"])
def test_it_turns_the_bundled_broken_dockerfile_into_the_fixed_one(tmp_path: Path, tool: str) -> None:
    folder = bundled_scenarios() / "missing-migrations"
    broken, fixed = ((folder / f"Dockerfile.{name}").read_text() for name in ("broken", "fixed"))
    assert mended(tmp_path, broken, tool, "scenarios/missing-migrations/Dockerfile.broken") == fixed


def test_only_the_final_stage_counts(tmp_path: Path) -> None:
    text = 'FROM a AS build\nCMD ["build"]\nFROM b\nCMD ["uvicorn", "x"]\n'
    assert 'CMD ["build"]' in mended(tmp_path, text, "git", "docker/Dockerfile.prod")


@pytest.mark.parametrize("text", ["", "FROM a\n", "no Dockerfile at all\n", "FROM a\nRUN x\n"])
def test_there_is_no_diff_where_nothing_says_how_it_starts(text: str) -> None:
    assert dockerfile_diff(DockerfileFacts("Dockerfile", text, None), MIGRATE) is None


_WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12), max_size=5
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_WORDS, st.booleans())
def test_the_shell_hands_the_very_same_words_to_the_server(words: list[str], as_entrypoint: bool) -> None:
    """The start line is run for real, with a migration that does nothing and a server that prints its arguments."""
    server = ["printf", "%s\\0", "begin", *words]
    keyword = "ENTRYPOINT" if as_entrypoint else "CMD"
    text = f"FROM scratch\n{keyword} {json.dumps(server)}\n"
    diff = dockerfile_diff(DockerfileFacts("Dockerfile", text, 2), "true")
    assert diff
    added = next(line[1:] for line in diff.split("\n") if line.startswith(f"+{keyword}"))
    argv = launch_config(parse(f"FROM scratch\n{added}\n")).argv
    done = subprocess.run(argv, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().split("\0")[:-1] == ["begin", *words]
