"""One service in the short and long forms that compose allows → one form, and two of them → one service.

The rules are those of docs.docker.com/reference/compose-file/merge: mappings are merged, lists appended, commands
replaced, mounts told apart by their place in the container.
"""

import re
from collections.abc import Mapping

from incidentlab.collectors._compose_yaml import Items, Map, Reset, Value

# Lists that are whole statements: the later one takes the place of the earlier.
_REPLACED = frozenset({("command",), ("entrypoint",), ("healthcheck", "test")})
_VOLUME = re.compile(
    r"(?:(?P<source>(?:[A-Za-z]:[\\/])?[^:]{0,4096}):)?(?P<target>(?:[A-Za-z]:)?[\\/][^:]{0,4096})(?::(?P<mode>[^:]{0,64}))?"
)


def canonical(service: Value) -> Map:
    """Return a service in its long form; what is no service at all is an empty one."""
    result = Map()
    if not isinstance(service, Map):
        return result
    result.overrides = service.overrides
    for key, value in service.items():
        made = _FORMS[key](value) if key in _FORMS and not isinstance(value, Reset) else value
        if made is not value and isinstance(value, Map | Items) and isinstance(made, Map | Items):
            made.overrides = value.overrides
        result[key] = made
    return result


def merged(base: Map, over: Map, path: tuple[str, ...] = ()) -> Map:
    """Return ``base`` with what ``over`` says on top of it; both in their long form, both left as they are."""
    result = Map(dict(base))
    result.lines, result.overrides = base.lines, base.overrides
    for key, value in over.items():
        here = (*path, key)
        if isinstance(value, Reset):
            result.pop(key, None)
        elif key not in result:
            result[key] = value
        else:
            result[key] = _one(result[key], value, here)
    return result


def settled(service: Map) -> Map:
    """Return a service without keys that were reset where nothing was to reset."""
    result = Map({key: value for key, value in service.items() if not isinstance(value, Reset)})
    result.lines = service.lines
    return result


def _one(base: Value, over: Value, path: tuple[str, ...]) -> Value:
    if isinstance(over, Map | Items) and over.overrides:
        return over
    if isinstance(base, Map) and isinstance(over, Map):
        return merged(base, over, path)
    if isinstance(base, Items) and isinstance(over, Items) and path not in _REPLACED:
        return Items([*base, *(item for item in over if item not in base)])
    if over is None and path[0] != "environment":
        return base
    return over


def _as_pairs(value: Value) -> Value:
    """``["A=b", "C"]`` → ``{A: b, C: null}``."""
    if not isinstance(value, Items):
        return value
    pairs = (item.partition("=") for item in value if isinstance(item, str))
    return Map({name.strip(): text if sign else None for name, sign, text in pairs})


def _as_keys(value: Value) -> Value:
    return (
        Map(dict.fromkeys((item for item in value if isinstance(item, str)), None))
        if isinstance(value, Items)
        else value
    )


def _as_conditions(value: Value) -> Value:
    names = value if isinstance(value, Items | Map) else ()
    result = Map()
    for name in names:
        if isinstance(name, str):
            inner = value[name] if isinstance(value, Map) else None
            result[name] = inner if isinstance(inner, Map) else Map({"condition": "service_started"})
    return result


def _as_context(value: Value) -> Value:
    return Map({"context": value}) if isinstance(value, str) else value


def _as_items(value: Value) -> Value:
    return Items([value]) if isinstance(value, str) else value


def _as_ports(value: Value) -> Value:
    return Items(_port(item) for item in value) if isinstance(value, Items) else value


def _as_mounts(value: Value) -> Value:
    if not isinstance(value, Items):
        return value
    mounts = (_mount(item) for item in value)
    return Map({target: shown for target, shown in mounts if target})


def _port(item: Value) -> Value:
    """``{target: 80, published: 8080, host_ip: 127.0.0.1}`` → ``127.0.0.1:8080:80``."""
    if not isinstance(item, Map):
        return item
    published = ":".join(_text(item, key) for key in ("host_ip", "published") if _text(item, key))
    target = _text(item, "target")
    protocol = _text(item, "protocol")
    shown = f"{published}:{target}" if published else target
    return f"{shown}/{protocol}" if protocol not in {"", "tcp"} else shown


def _mount(item: Value) -> tuple[str, str]:
    """Return the place in the container, and the whole in the short form."""
    if isinstance(item, Map):
        source, target = (
            _text(item, "source") or _text(item, "src"),
            _text(item, "target") or _text(item, "destination"),
        )
        mode = ":ro" if _text(item, "read_only").lower() == "true" else ""
        return target, f"{source}:{target}{mode}" if source else target
    if not isinstance(item, str):
        return "", ""
    found = _VOLUME.fullmatch(item)
    return (found["target"] if found else item), item


def _text(item: Mapping[str, Value], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


_FORMS = {
    "build": _as_context,
    "environment": _as_pairs,
    "env_file": _as_items,
    "depends_on": _as_conditions,
    "networks": _as_keys,
    "ports": _as_ports,
    "volumes": _as_mounts,
}
