"""A Dockerfile carried out without Docker: what is done, what is noted, what is refused by name and line."""

import sys
from pathlib import Path

import pytest

from incidentlab.engines._local.carry import Image, carry_out
from incidentlab.engines._local.launch import exposed_port, launch, translation
from incidentlab.errors import BuildFailedError, UnsupportedInstructionError


def carry(tmp_path: Path, text: str, files: dict[str, str] | None = None) -> Image:
    context, into = tmp_path / "context", tmp_path / "image"
    into.mkdir()
    for name, content in {"Dockerfile": text, **(files or {})}.items():
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(content, "utf-8")
    return carry_out(Path("Dockerfile.test"), context, into, lambda _: None)


def tree(image: Image) -> list[str]:
    return sorted(path.relative_to(image.root).as_posix() for path in image.root.rglob("*") if path.is_file())


FILES = {"a.py": "a", "b.py": "b", "sub/c.py": "c", "sub/deep/d.txt": "d"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("COPY a.py /x/", ["x/a.py"]),
        ("COPY a.py /x", ["x"]),
        ("COPY a.py b.py ./", ["app/a.py", "app/b.py"]),
        ("COPY *.py there/", ["app/there/a.py", "app/there/b.py"]),
        ("COPY sub /y", ["y/c.py", "y/deep/d.txt"]),
        ("COPY sub/*/d.txt .", ["app/d.txt"]),
        ('COPY ["a.py", "with space/"]', ["app/with space/a.py"]),
        ("ADD /sub/../a.py .", ["app/a.py"]),
        ("COPY --chown=1:1 --chmod=0600 a.py .", ["app/a.py"]),
        ("ARG N=a\nCOPY ${N}.py ../../../up.py", ["up.py"]),
    ],
)
def test_copies_land_where_docker_puts_them(tmp_path: Path, line: str, expected: list[str]) -> None:
    assert tree(carry(tmp_path, f"FROM python:3.11\nWORKDIR /app\n{line}\nCMD x", FILES)) == expected


def test_whole_context_is_copied_without_what_is_ignored(tmp_path: Path) -> None:
    image = carry(tmp_path, "FROM python\nCOPY . /app", {**FILES, ".dockerignore": "Dockerfile\n.dockerignore\n"})
    assert tree(image) == ["app/a.py", "app/b.py", "app/sub/c.py", "app/sub/deep/d.txt"]


def test_stages_copy_from_each_other_and_unused_ones_are_not_built(tmp_path: Path) -> None:
    text = (
        "FROM golang AS unused\nRUN go build\nFROM python AS build\nWORKDIR /w\nCOPY a.py .\n"
        "RUN pip install --prefix=/install pip\nFROM build AS more\nCOPY b.py .\n"
        "FROM python:3.12\nCOPY --from=more /w /app\nCOPY --from=build /install /usr/local\nCMD x"
    )
    assert tree(carry(tmp_path, text, FILES)) == ["app/a.py", "app/b.py"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RUN apt-get update", "'apt-get' would have to be run"),
        ("RUN make && pip install pip", "'make' would"),
        ("RUN echo hi > /x", "needs a shell"),
        ("RUN echo $(date)", "needs a shell"),
        ("RUN <<EOF\nx\nEOF", "needs a shell"),
        ("RUN pip install .", "'.' is not the name"),
        ("RUN pip install -e .", "local project"),
        ("RUN pip install git+https://example.org/x.git", "is not the name"),
        ("RUN chmod g-w a.py", "not among"),
        ("ADD https://example.org/x /x", "fetched"),
        ("ADD a.tar.gz /x", "unpacked"),
        ("COPY --from=nginx:1 /x /x", "no earlier stage"),
        ("COPY --parents a.py /x", "--parents"),
        ("COPY <<EOF /x\nhi\nEOF", "heredoc"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_by_name_and_line(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(UnsupportedInstructionError, match=r"^Dockerfile\.test:3: ") as caught:
        carry(tmp_path, f"FROM python\n\n{line}\nCMD x", FILES)
    assert reason in caught.value.why
    assert caught.value.mend


@pytest.mark.parametrize("base", ["alpine:3", "scratch", "ubuntu", "pypy:3", "python/other"])
def test_only_python_images_have_a_stand_in(tmp_path: Path, base: str) -> None:
    with pytest.raises(UnsupportedInstructionError, match=r"^Dockerfile\.test:2: "):
        carry(tmp_path, f"# first\nFROM {base}\nCMD x")


@pytest.mark.parametrize(
    "base", ["python", "python:3.11-slim", "docker.io/library/python:3", "m.example:5000/python:3@sha256:0a"]
)
def test_python_images_are_recognised_and_noted(tmp_path: Path, base: str) -> None:
    assert f"stands in for {base}." in carry(tmp_path, f"FROM {base}\nCMD x").notes[0]


def test_link_among_the_copied_files_cannot_lead_a_write_outside(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "trap").symlink_to(tmp_path)
    with pytest.raises(UnsupportedInstructionError, match="COPY"):
        carry(tmp_path, "FROM python\nCOPY . /\nCOPY a.py /trap/a.py\nCMD x", FILES)
    assert not (tmp_path / "a.py").exists()


def test_requirements_that_are_met_are_noted(tmp_path: Path) -> None:
    text = "FROM python\nCOPY r.txt .\nRUN python -m pip install -U pip && pip3 install -q -r r.txt psutil\nCMD x"
    image = carry(
        tmp_path,
        text,
        {"r.txt": "# yes\nPsutil>=5 \\\n  ,<99\npsycopg[binary]; python_version>'3'\nnope; python_version<'3'\n"},
    )
    assert [note.rpartition("(")[2] for note in image.notes[1:]] == ["1 requirements).", "4 requirements)."]


def test_requirements_that_lack_are_named_with_the_command(tmp_path: Path) -> None:
    files = {"r.txt": "psutil>=9999\n-r more.txt\n", "more.txt": "no-such-package-of-ours==1.0\n"}
    with pytest.raises(BuildFailedError, match=r"^Dockerfile\.test:3 ") as caught:
        carry(tmp_path, "FROM python\nCOPY *.txt ./\nRUN pip install -r r.txt\nCMD x", files)
    assert "psutil>=9999 (" in caught.value.why
    assert "no-such-package-of-ours==1.0 (not installed)" in caught.value.why
    assert caught.value.mend[0].startswith(f"{sys.executable} -m pip install 'psutil>=9999'")


@pytest.mark.parametrize("text", ["", "FROM python\nENV A=${B", "FORM x"])
def test_wrong_dockerfile_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(BuildFailedError, match=r"^Dockerfile\.test:\d+ cannot be understood"):
        carry(tmp_path, text)


def test_simple_commands_are_carried_out_on_the_images_own_files(tmp_path: Path) -> None:
    text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /data/x logs && chmod +x a.py && chmod -R 700 sub\nCMD x"
    image = carry(tmp_path, text, FILES)
    assert (image.root / "data/x").is_dir()
    assert (image.root / "app/logs").is_dir()
    assert (image.root / "app/a.py").stat().st_mode & 0o111 == 0o111
    assert (image.root / "app/sub/c.py").stat().st_mode & 0o777 == 0o700


def started(
    tmp_path: Path, text: str, env: dict[str, str] | None = None
) -> tuple[Image, tuple[str, ...], dict[str, str]]:
    image = carry(tmp_path, text, FILES)
    words = translation(image, exposed_port(image), 45678)
    home = tmp_path / "home"
    home.mkdir()
    what = launch(image, words, home, {"DATABASE_URL": "postgresql://u:p@127.0.0.1:8000/db"}, env or {})
    return image, what.argv, dict(what.env)


def test_paths_port_and_address_are_translated_where_they_mean_the_image(tmp_path: Path) -> None:
    text = (
        "FROM python\nWORKDIR /app\nCOPY . .\nEXPOSE 9000/udp 8000\n"
        "ENV PYTHONPATH=/app/sub:/app PORT=8000 LIMIT=8000 URL=http://0.0.0.0:8000/app\n"
        'CMD ["sh", "-c", "exec /usr/bin/env python /app/a.py --bind=0.0.0.0:8000 --log /app/new.log 80001 18000"]'
    )
    image, argv, env = started(tmp_path, text, {"WHERE": "/app/sub", "OTHER": "/tmp/x"})
    root = image.root
    assert (
        argv[2]
        == f"exec /usr/bin/env python {root}/app/a.py --bind=127.0.0.1:45678 --log {root}/app/new.log 80001 18000"
    )
    assert env["PYTHONPATH"] == f"{root}/app/sub:{root}/app"
    assert (env["PORT"], env["LIMIT"], env["URL"]) == ("45678", "8000", "http://127.0.0.1:45678/app")
    assert (env["WHERE"], env["OTHER"]) == (f"{root}/app/sub", "/tmp/x")
    assert env["DATABASE_URL"] == "postgresql://u:p@127.0.0.1:8000/db"


def test_port_that_the_command_does_not_name_stays(tmp_path: Path) -> None:
    image = carry(tmp_path, "FROM python\nEXPOSE 8123\nCMD python main.py")
    words = translation(image, exposed_port(image), 45678)
    assert (words.inside, words.outside) == (8123, 8123)


def test_image_without_a_command_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildFailedError, match="does not say what to start"):
        started(tmp_path, "FROM python\n")


def test_python_is_found_and_is_this_one(tmp_path: Path) -> None:
    _, _, env = started(tmp_path, "FROM python\nENV PATH=/opt/venv/bin:$PATH\nCMD python")
    assert Path(env["PATH"].split(":")[0], "python").exists() or Path(tmp_path, "home/bin/python").exists()
    assert "/opt/venv/bin" in env["PATH"].split(":")
