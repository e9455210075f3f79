"""A server beside the app, on every engine: handed its files, reached from here, seen when it dies, gone at the end."""

import socket
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from incidentlab.engines._base import Companion
from incidentlab.errors import CompanionMissingError, CompanionUnavailableError
from tests.engines.harness import Bench, dockerfile, until

# Says what it was handed, and asks the app for its answer when it is told to.
_SERVER = """
import http.server, pathlib, sys, urllib.request
listen, config, data = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        if name.startswith("ask/"):
            said = urllib.request.urlopen("http://" + name[4:], timeout=5).read()
        else:
            said = (pathlib.Path(config) / name).read_bytes()
        (pathlib.Path(data) / "written").write_bytes(said)
        self.send_response(200); self.end_headers(); self.wfile.write(said)
host, _, port = listen.rpartition(":")
print("serving", flush=True)
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


def companion(bench: Bench, code: str = _SERVER) -> Companion:
    program = ("python3",) if bench.engine.name == "docker" else ()  # an image without an entrypoint
    return Companion(
        "helper",
        "python:3.11-slim",
        ("python3",),
        "INCIDENTLAB_TEST_BIN",
        (*program, "-c", code, "{listen}", "{config}", "{data}"),
        9999,
        {"one.txt": "first", "below/two.txt": "second"},
    )


def answer(url: str) -> str:
    text: str = urllib.request.urlopen(url, timeout=10).read().decode()
    return text


def answers(url: str) -> bool:
    try:
        return bool(answer(f"{url}/one.txt"))
    except OSError:
        return False


def test_it_has_its_files_and_reaches_the_app_and_is_removed(bench: Bench) -> None:
    with bench.up(dockerfile("healthy")) as stack:
        reached = stack.accompany(companion(bench))
        assert reached.url.startswith("http://127.0.0.1:")
        until(lambda: answers(reached.url))
        assert (answer(f"{reached.url}/one.txt"), answer(f"{reached.url}/below/two.txt")) == ("first", "second")
        stack.start_app()
        until(lambda: any(line.text == "ready" for line in stack.logs("app")))
        assert "uid" in answer(f"{reached.url}/ask/{stack.app_inside[0]}/")
        assert stack.companion("helper").running
    bench.assert_nothing_left()
    with pytest.raises(OSError, match="refused"):
        answer(reached.url)


def test_another_variant_takes_the_apps_place(bench: Bench) -> None:
    request = bench.request(dockerfile("crash"))
    file = bench.folder / "Dockerfile.other"
    file.write_text(dockerfile("healthy"), "utf-8")
    with bench.start(request) as stack:
        stack.start_app()
        assert stack.wait_app_exit(30)
        url, inside = stack.app_url, stack.app_inside
        stack.deploy(replace(request.spec, variant="other", dockerfile=file))
        assert stack.app().status == "created"
        stack.start_app()
        until(lambda: any(line.text == "ready" for line in stack.logs("app")))
        assert (stack.app_url, stack.app_inside) == (url, inside)
        assert "uid" in answer(url)
        assert not stack.wait_app_exit(0.01)
    bench.assert_nothing_left()


def test_its_end_and_its_last_words_are_seen(bench: Bench) -> None:
    with bench.up(dockerfile("healthy")) as stack:
        stack.accompany(companion(bench, "print('out of ideas', flush=True); raise SystemExit(2)"))
        until(lambda: not stack.companion("helper").running)
        assert "out of ideas" in stack.companion("helper").said
    bench.assert_nothing_left()


def test_the_wanted_port_where_it_is_free_and_another_where_it_is_not(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, bench.up(dockerfile("healthy")) as stack:
        port = taken.getsockname()[1]
        reached = stack.accompany(replace(companion(bench), wanted_port=port))
        assert reached.url != f"http://127.0.0.1:{port}"
        until(lambda: answers(reached.url))
    bench.assert_nothing_left()
    with bench.up(dockerfile("healthy")) as stack:
        assert stack.accompany(replace(companion(bench), wanted_port=port)).url == f"http://127.0.0.1:{port}"
    bench.assert_nothing_left()


def test_the_app_gets_the_port_that_people_expect_where_it_is_free(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        request = replace(bench.request(dockerfile("healthy")), app_port=port)
        with bench.start(request) as stack:
            assert stack.app_url != f"http://127.0.0.1:{port}"
    with bench.start(replace(bench.request(dockerfile("healthy")), app_port=port)) as stack:
        assert stack.app_url == f"http://127.0.0.1:{port}"
        stack.start_app()
        until(lambda: any(line.text == "ready" for line in stack.logs("app")))
        assert answer(stack.app_url)
    bench.assert_nothing_left()


def test_a_program_that_is_not_here_is_named_with_its_mend(local: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTLAB_TEST_BIN", "/nonexistent/helper")
    with local.up(dockerfile("healthy")) as stack, pytest.raises(CompanionMissingError) as caught:
        stack.accompany(replace(companion(local), mend=("Install it.",)))
    assert "INCIDENTLAB_TEST_BIN=/nonexistent/helper" in caught.value.why
    assert caught.value.mend[0] == "Install it."
    local.assert_nothing_left()


@pytest.mark.docker
def test_an_image_that_is_not_to_be_had_is_named_with_its_mend(tmp_path: Path) -> None:
    from tests.engines.harness import engine_named

    bench = Bench(engine_named("docker"), tmp_path)
    with bench.up(dockerfile("healthy")) as stack, pytest.raises(CompanionUnavailableError) as caught:
        stack.accompany(replace(companion(bench), image="127.0.0.1:9/incidentlab/none:1"))
    assert "127.0.0.1:9/incidentlab/none:1" in caught.value.what
    assert any("docker pull" in step for step in caught.value.mend)
    bench.assert_nothing_left()
