"""A merged service → its facts: commands as words, environment with that of its files, all of it redacted."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from incidentlab.collectors import _compose_dotenv
from incidentlab.collectors._compose_files import text_of
from incidentlab.collectors._compose_load import Project
from incidentlab.collectors._compose_yaml import Items, Map, Value
from incidentlab.errors import UsageError
from incidentlab.model.compose import ComposeService, Dependency
from incidentlab.redact import Redactor


def environment(name: str, project: Project) -> dict[str, str]:
    """Return a service's environment with the secrets in it: its files' first, what it says itself on top."""
    service = project.services[name]
    found: dict[str, str] = {}
    for entry in _items(service.get("env_file")):
        found |= _of_file(name, entry, project)
    own = service.get("environment")
    for key, value in own.items() if isinstance(own, Map) else ():
        # A name alone takes its value from where compose is called.
        text = value if isinstance(value, str) else project.variables.get(key)
        if text is not None:
            found[key] = text
        elif key not in found:
            project.variables.note_unset(key)
    return found


def facts(name: str, project: Project, env: Mapping[str, str], redactor: Redactor) -> ComposeService:
    """Return what the files say of a service.

    Args:
        name: the service.
        project: what the files say.
        env: the service's environment, from :func:`environment`.
        redactor: what masks its secrets.
    """
    service, place = project.services[name], project.places[name]
    build = _map(service.get("build"))
    deploy = _map(service.get("deploy"))
    limits = _map(_map(deploy.get("resources")).get("limits"))
    return ComposeService(
        name=name,
        image=redactor.text(_text(service.get("image"))),
        build=redactor.text(_text(build.get("context")) or ("." if build else "")),
        dockerfile=_text(build.get("dockerfile")),
        command=_command(name, "command", project, redactor),
        entrypoint=_command(name, "entrypoint", project, redactor),
        environment=redactor.environment(env),
        depends_on=_dependencies(service.get("depends_on")),
        healthcheck=_healthcheck(_map(service.get("healthcheck")), redactor),
        restart=_text(service.get("restart")) or _policy(_map(deploy.get("restart_policy"))),
        ports=tuple(_texts(service.get("ports"))),
        volumes=tuple(redactor.text(text) for text in _texts(_map(service.get("volumes")).values())),
        networks=tuple(_map(service.get("networks"))),
        replicas=_number(_text(deploy.get("replicas")) or _text(service.get("scale")), 1),
        user=_text(service.get("user")),
        memory_limit=_text(service.get("mem_limit")) or _text(limits.get("memory")),
        line=place.line,
        path=place.path,
    )


def _of_file(name: str, entry: Value, project: Project) -> dict[str, str]:
    options = _map(entry)
    written = _text(options.get("path")) if options else _text(entry)
    if not written:
        return {}
    path = Path(project.folder, written)
    try:
        text = text_of(path, "environment file")
    except UsageError as error:
        if _text(options.get("required")).lower() != "false" or path.exists():
            project.unread.append(f"{written}, an env_file of {name}, could not be read: {error.why}")
        return {}
    return _compose_dotenv.read(text, project.variables.values, is_raw=_text(options.get("format")) == "raw")


def _command(name: str, key: str, project: Project, redactor: Redactor) -> tuple[str, ...] | None:
    """Return a command's words; compose splits a text as a shell does and runs no shell."""
    written = project.services[name].get(key)
    if written is None:
        return None
    if isinstance(written, Items):
        return tuple(redactor.text(text) for text in _texts(written))
    text = redactor.text(_text(written))
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        project.unread.append(f"The {key} of {name} is no command line ({str(error).lower()}): {text[:200]}")
        return (text,)


def _dependencies(written: Value) -> tuple[Dependency, ...]:
    return tuple(
        Dependency(name, _text(_map(how).get("condition")) or "service_started") for name, how in _map(written).items()
    )


def _healthcheck(written: Map, redactor: Redactor) -> tuple[str, ...]:
    """Return the test as Docker has it: ``("CMD-SHELL", …)``, ``("CMD", …)``, ``("NONE",)``."""
    if _text(written.get("disable")).lower() in {"true", "yes", "on"}:
        return ("NONE",)
    test = written.get("test")
    words = ("CMD-SHELL", test) if isinstance(test, str) else tuple(_texts(test))
    return tuple(redactor.text(word) for word in words)


def _policy(written: Map) -> str:
    """Return swarm's restart condition in compose's words; compose itself reads it too."""
    condition = _text(written.get("condition"))
    return {"any": "always", "none": "no"}.get(condition, condition)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _texts(values: Iterable[Value] | Value) -> list[str]:
    if values is None or isinstance(values, str):
        return [values] if values else []
    return [value for value in values if isinstance(value, str)] if isinstance(values, Iterable) else []


def _map(value: Value) -> Map:
    return value if isinstance(value, Map) else Map()


def _items(value: Value) -> Items:
    return value if isinstance(value, Items) else Items()
