"""What holds for every format, whatever a log line contains."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import combinations, pairwise

import junitparser
import pytest
from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from incidentlab import schemas
from incidentlab.errors import UnknownNameError
from incidentlab.model.evidence import Evidence
from incidentlab.model.report import Account, Report
from incidentlab.reports import compose, formats, render

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NAMES = ("html", "json", "junit", "markdown")
VOID = {"meta", "link", "br", "hr", "img", "input"}
HOSTILE = {
    "script": "</script></style></title></pre><script>alert(1)</script><img src=x onerror=alert(2)>",
    "markdown": "``` ```` `x` | a | b | **bold** _it_ [l](http://evil.example) <b> # - 1. \\",
    "control": "\x00\x01\x1b[31mred\x1b[0m\x1b]0;t\x07 \x07\x08\x7f\x9b \u202e \ufffe \udc80",
    "template": "{{ 7191 * 13 }} {% raw %} {# x #} ${HOME} ]]> &amp; \"'",
    "unicode": "🚑🔥 ünïcödé 漢字 \u200b\u2028",
    "long": "x" * 1_000_000,
    "lines": "one\r\ntwo\n\n# three\n- four\n```\nfive",
    "empty": "",
}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def valid(name: str, text: str) -> None:
    """Fail where the text is not what its format wants."""
    text.encode("utf-8")
    assert text.endswith("\n")
    if name == "html":
        assert Page(text).open == []
    elif name == "json":
        schema = json.loads(schemas.render("report"))
        Draft202012Validator(schema).validate(json.loads(text))
    elif name == "junit":
        assert len(list(junitparser.JUnitXml.fromstring(text.encode()))) >= 1


def test_the_folder_is_the_registry() -> None:
    found = formats()
    assert tuple(sorted(found)) == NAMES
    assert len({each.suffix for each in found.values()}) == len(found)


def test_an_unknown_format_is_answered_with_the_nearest(report: Report) -> None:
    with pytest.raises(UnknownNameError) as caught:
        render(report, "markdwn")
    assert "markdown" in caught.value.near


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_no_line_breaks_a_format(name: str, line: str, hostile_report: Callable[[str], Report]) -> None:
    valid(name, render(hostile_report(line), name))


@pytest.mark.parametrize("name", NAMES)
def test_any_choice_of_runs_can_be_written(name: str, broken: Account, fixed: Account) -> None:
    bare = replace(broken, run=replace(broken.run, id="bare", samples=(), timeline=(), checks=(), symptoms=()))
    bare = replace(bare, evidence=Evidence(), diagnosis=replace(broken.diagnosis, findings=()))
    unmet = replace(fixed, run=replace(fixed.run, id="unmet", met=False))
    accounts = (broken, fixed, bare, unmet)
    for size in (1, 2, 4):
        for chosen in combinations(accounts, size):
            text = render(compose(chosen, written_at=NOW), name)
            valid(name, text)
            assert "None" not in text.replace("not None", "")


def test_markdown_is_what_it_was(report: Report, snapshot: SnapshotAssertion) -> None:
    assert render(report, "markdown") == snapshot


def test_html_reads_as_it_did(report: Report, snapshot: SnapshotAssertion) -> None:
    assert render(report, "html") == snapshot


def test_a_fence_is_longer_than_any_run_of_back_ticks_in_it(hostile_report: Callable[[str], Report]) -> None:
    text = render(hostile_report("```` end of it"), "markdown")
    assert "`````text\n```` end of it\nthe line after it\n`````" in text


def test_every_markdown_table_row_has_the_columns_of_its_head(hostile_report: Callable[[str], Report]) -> None:
    rows = [line for line in render(hostile_report(HOSTILE["markdown"]), "markdown").split("\n") if line[:1] == "|"]
    assert len(rows) > 20
    for before, row in pairwise(rows):
        if not row.startswith(("| Figure", "| Offset", "| Result")):
            assert len(re.findall(r"(?<!\\)\|", before)) == len(re.findall(r"(?<!\\)\|", row))


def test_html_asks_nothing_of_the_network_and_runs_nothing(hostile_report: Callable[[str], Report]) -> None:
    page = render(hostile_report(HOSTILE["script"] + HOSTILE["markdown"]), "html")
    read = Page(page)
    links = [(tag, key, value) for tag, attrs in read.tags for key, value in attrs.items() if key in ("src", "href")]
    assert all(str(value).startswith(("#", "data:")) for _, _, value in links)
    assert not {"script", "iframe", "object", "embed", "img", "base", "form"} & {tag for tag, _ in read.tags}
    assert not [key for _, attrs in read.tags for key in attrs if key.startswith("on")]
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    policy = [attrs for tag, attrs in read.tags if tag == "meta" and "http-equiv" in attrs]
    assert policy[0]["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_every_id_is_given_once_and_every_reference_is_answered(report: Report) -> None:
    tags = Page(render(report, "html")).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    asked = {str(attrs["href"])[1:] for _, attrs in tags if str(attrs.get("href")).startswith("#")}
    asked |= {name for _, attrs in tags for name in str(attrs.get("aria-labelledby") or "").split()}
    assert asked <= set(ids)


def test_html_has_landmarks_one_title_and_scroll_boxes_that_the_keyboard_reaches(report: Report) -> None:
    tags = Page(render(report, "html")).tags
    names = [tag for tag, _ in tags]
    assert {"header", "nav", "main", "footer"} <= set(names)
    assert names.count("h1") == names.count("main") == 1
    assert all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for tag, attrs in tags if tag == "pre")
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")


def test_a_template_in_a_log_line_stays_text(hostile_report: Callable[[str], Report]) -> None:
    page = render(hostile_report(HOSTILE["template"]), "html")
    assert "{{ 7191 * 13 }}" in "".join(Page(page).text)
    assert "93483" not in page


def test_a_very_long_line_is_cut_for_people_and_whole_for_programs(hostile_report: Callable[[str], Report]) -> None:
    report = hostile_report(HOSTILE["long"])
    for name in ("html", "markdown", "junit"):
        assert len(render(report, name)) < 200_000
    assert json.loads(render(report, "json"))["incident"]["run"]["symptoms"][0] == HOSTILE["long"]


def test_json_is_the_report_by_its_schema(report: Report) -> None:
    written = json.loads(render(report, "json"))
    assert written["schema"] == "incidentlab/report/1"
    assert written["incident"]["diagnosis"]["findings"][0]["cause"] == "migrations-not-applied"
    assert written["figures"][1]["name"] == "Time to detect"
    assert len(written["resolution"]["run"]["samples"]) == 62
    for name, part in (("run", "run"), ("diagnosis", "diagnosis")):
        Draft202012Validator(json.loads(schemas.render(name))).validate(written["incident"][part])


def test_junit_has_a_suite_per_run_and_a_case_per_expectation(report: Report) -> None:
    xml = junitparser.JUnitXml.fromstring(render(report, "junit").encode())
    suites = list(xml)
    assert [suite.name for suite in suites] == ["missing-migrations.broken", "missing-migrations.fixed"]
    assert [(suite.tests, suite.failures) for suite in suites] == [(4, 0), (10, 0)]
    assert [suite.time for suite in suites] == [3.114, 6.602]
    properties = suites[0].properties()  # type: ignore[no-untyped-call]
    assert {each.name: each.value for each in properties}["outcome"] == "crash"
    assert "UndefinedTable" in next(iter(suites[0])).system_out


def test_junit_tells_what_was_expected_and_what_was_seen(fixed: Account) -> None:
    checks = (replace(fixed.run.checks[0], met=False), *fixed.run.checks[1:])
    unmet = replace(fixed, run=replace(fixed.run, met=False, checks=checks))
    xml = junitparser.JUnitXml.fromstring(render(compose([unmet], written_at=NOW), "junit").encode())
    assert (xml.tests, xml.failures) == (10, 1)
    failed = next(case for suite in xml for case in suite if case.result)
    assert failed.result[0].message == "expected healthy within 30 s, observed healthy after 1.37 s"


def test_writing_reports_pulls_in_nothing_that_runs() -> None:
    heavy = ("docker", "psycopg", "sqlalchemy", "alembic", "rich", "requests", "subprocess")
    code = (
        "import sys; from incidentlab import reports; reports.formats(); "
        f"print(','.join(name for name in {heavy} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
