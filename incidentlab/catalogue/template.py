"""A new scenario to begin with: it validates, and it can be run at once; what is to be changed says so."""

from collections.abc import Mapping
from pathlib import Path

_CONTEXT = "[service, alembic, alembic.ini]"

_SCENARIO = """\
# yaml-language-server: $schema={schema}
schema: incidentlab/scenario/1
id: {id}
title: {title}
summary: One sentence on what happens, and why.
cause: {cause}
context: {context}   # shipped into the image; then overlay/ and overlay.VARIANT/ of this folder
database:
  image: postgres:15
  user: taskmanager
  name: taskmanager
  rights: owner
variants:
  broken:
    summary: What is wrong here.
    dockerfile: Dockerfile.broken
    expect:
      outcome: crash
      within: 30s
      logs:
        - {{source: app, contains: 'relation "tasks" does not exist'}}
      database: {{revision: none, missing_tables: [tasks]}}
  fixed:
    summary: What was put right.
    remedy: [Dockerfile CMD]   # all in which it differs from broken
    dockerfile: Dockerfile.fixed
    expect:
      outcome: healthy
      within: 30s
      sustained: 2s
      http:
        - {{get: /health, status: 200}}
        - {{get: /tasks, status: 200}}
        - {{post: /tasks, json: {{title: "Write the post-incident report"}}, status: 201}}
        - {{get: "{{created}}", status: 200}}
      database: {{revision: head, tables: [tasks, alembic_version]}}
"""

_README = """\
# {title}

**Story.** Who changed what, and why it had looked right.

**What one sees.** The lines and answers that somebody on call meets first.

**What misleads.** What looks like the reason, and is not.

**The cause.** `{cause}`: the one sentence that explains all of it. `incidentlab explain {cause}`.

**The remedy.** What is changed from `broken` to `fixed`, and what else would be sound.

```console
$ incidentlab run broken --scenario {id}
$ incidentlab diagnose
$ incidentlab run fixed --scenario {id}
```

**Read on.** Where it happened for real: [repository, issue number](https://example.org/).
"""


def files(id_: str, title: str, cause: str, schema: Path, dockerfiles: Mapping[str, str]) -> dict[str, str]:
    """Return file name → text of a new scenario.

    Args:
        id_: the folder's name.
        title: a few words.
        cause: what a diagnosis has to find.
        schema: the JSON Schema that editors complete and check by.
        dockerfiles: variant → text to begin with.
    """
    words = {"id": id_, "title": _quoted(title), "cause": cause, "context": _CONTEXT, "schema": schema.as_posix()}
    return {
        "scenario.yaml": _SCENARIO.format(**words),
        "README.md": _README.format(**{**words, "title": title}),
        **{f"Dockerfile.{variant}": text for variant, text in dockerfiles.items()},
    }


def based_on(given: str, id_: str, title: str, cause: str, schema: Path) -> dict[str, str]:
    """Return the texts that differ from those of the scenario that a new one is a copy of.

    Args:
        given: that one's ``scenario.yaml``; its comments stay.
        id_: the new folder's name.
        title: a few words.
        cause: what a diagnosis has to find.
        schema: the JSON Schema that editors complete and check by.
    """
    said = {"id": id_, "title": _quoted(title), "cause": cause}
    lines = [line for line in given.splitlines() if not line.startswith("# yaml-language-server:")]
    changed = [next((f"{key}: {said[key]}" for key in said if line.startswith(f"{key}:")), line) for line in lines]
    head = f"# yaml-language-server: $schema={schema.as_posix()}"
    return {
        "scenario.yaml": "\n".join((head, *changed)) + "\n",
        "README.md": _README.format(id=id_, title=title, cause=cause),
    }


def _quoted(title: str) -> str:
    """Write a title so that YAML reads it as it is, whatever stands in it."""
    return "'" + title.replace("'", "''") + "'"
