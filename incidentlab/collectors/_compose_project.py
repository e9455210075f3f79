"""Compose files → the facts of a project, redacted."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentlab.collectors import _compose_files as files
from incidentlab.collectors import _compose_load, _compose_service
from incidentlab.collectors._container_secrets import secrets_of
from incidentlab.model.compose import ComposeFacts
from incidentlab.redact import Redactor


def read(paths: Sequence[Path], project: str = "", environment: Mapping[str, str] | None = None) -> ComposeFacts:
    """Read compose files; see :func:`incidentlab.collectors.compose.read_files`."""
    outside = os.environ if environment is None else environment
    found = files.located(paths, outside)
    variables = _compose_load.variables_of(found[0].parent, outside)
    loaded = _compose_load.load(found, variables)
    environments = {name: _compose_service.environment(name, loaded) for name in loaded.services}
    redactor = Redactor(secrets_of([variables.used, *environments.values()], loaded.services))
    services = tuple(_compose_service.facts(name, loaded, env, redactor) for name, env in environments.items())
    name = project or files.project_name(loaded.folder, loaded.name, variables.values)
    unread = [*loaded.unread, *(redactor.text(problem) for problem in variables.problems)]
    if not services:
        unread.append(f"{found[0]} has no services.")
    named = " ".join(f"-f {path}" for path in found)
    return ComposeFacts(
        id=f"compose:{name}",
        project=name,
        paths=tuple(dict.fromkeys(loaded.paths)),
        services=services,
        unset=tuple(variables.unset),
        command=f"docker compose {named} config",
        unread=tuple(dict.fromkeys(unread)),
    )
