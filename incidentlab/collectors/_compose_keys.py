"""Keys that compose does not know: it refuses such a file, so that a slip of the pen is a deployment that never began.

Source: the Compose Specification's ``compose-spec.json`` (the properties of ``service``, and of the file), with the
keys of the older file formats that docker-compose 1 still took.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from incidentlab.collectors._compose_yaml import Map

_FILE = frozenset(["version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "models"])
_SERVICE = frozenset({
    "annotations", "attach", "build", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command",
    "configs", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period",
    "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "credential_spec", "depends_on", "deploy", "develop",
    "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file",
    "environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add", "healthcheck",
    "hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address",
    "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "networks",
    "oom_kill_disable", "oom_score_adj", "pid", "pids_limit", "platform", "ports", "post_start", "pre_stop",
    "privileged", "profiles", "provider", "pull_policy", "pull_refresh_after", "read_only", "restart", "runtime",
    "scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt",
    "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "userns_mode", "uts", "volumes", "volumes_from",
    "working_dir", "dockerfile", "log_driver", "log_opt", "net", "volume_driver",
})  # fmt: skip
_MOST = 8  # sentences for one file; more than that is another kind of file


def remarks(document: Map, services: Map, path: str) -> tuple[str, ...]:
    """Return a sentence for each key of a file, and of its services, that compose does not know."""
    # The first format had no "services": there every key of the file is a service.
    found = list(_of(document, _FILE, path, "the file")) if "services" in document else []
    for name, service in services.items():
        if isinstance(service, Map):
            found += _of(service, _SERVICE, path, f"the service {name}")
    return tuple(found[:_MOST])


def _of(written: Map, known: Iterable[str], path: str, whose: str) -> Iterator[str]:
    for key in written:
        if key in known or key.startswith("x-") or key == "<<":
            continue
        near = get_close_matches(key, known, n=1, cutoff=0.75)
        hint = f"; it may be meant for {near[0]}" if near else ""
        line = written.lines.get(key)
        where = f"{path}:{line}" if line else path
        yield f"{where}: {key} is no key of {whose} that compose knows{hint}. It was not read, and compose refuses it."
