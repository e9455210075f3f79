"""Compose, Docker, systemd and Kubernetes do not start a program at all whose settings they cannot find.

Sources: compose-go's ``dotenv`` and Compose's first generation in Python, Docker's ``opts/file.go``, podman's
``pkg/env``, systemd's ``execute.c``; Kubernetes' ``kubelet_pods.go`` for keys of secrets and ``pkg/volume`` for what is
mounted.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from incidentlab.causes._evidence import later, match
from incidentlab.causes.startup._course import got_through
from incidentlab.model.cause import Sign
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import Evidence, LogEvent

UNSTARTED = Sign(
    name="settings-not-found",
    pattern=re.compile(
        r"\b[Ee]nv file (?P<compose>\S{1,300}) not found\b|\b[Cc]ouldn't find env file: (?P<older>[^\n]{1,300})"
        r"|\bFailed to load (?P<loaded>\S{1,300}): open \S{0,300}env: no such file"
        r"|^docker: open (?P<docker>\S{0,300}env): no such file"
        r"|^Error: open (?P<podman>\S{0,300}env): no such file"
        r"|^open (?P<alone>/\S{0,300}\.env): no such file or directory\s{0,4}$"
        r"|\bFailed to load environment files: No such file\b"
        r"|\bcouldn't find key (?P<key>[\w.-]{1,200}) in (?P<of>Secret|ConfigMap) (?P<place>[\w./-]{1,300})"
        r"|(?:\bError: |\bMountVolume\.SetUp failed for volume \"[^\"\n]{1,200}\" : )(?P<object>secret|configmap) "
        r"\"(?P<absent>[\w./-]{1,300})\" not found\b"
        r"|\breferences non-existent (?:secret|config) key: (?P<mounted>[\w.-]{1,200})",
        re.MULTILINE,
    ),
    literals=(
        "nv file ", "find env file", "env: no such file", "Failed to load environment files", "couldn't find key ",
        "Error: secret ", "Error: configmap ", ': secret "', ': configmap "', "references non-existent ",
    ),
    examples=(
        "env file /srv/app/.env not found: stat /srv/app/.env: no such file or directory",
        "ERROR: Couldn't find env file: /srv/app/web.env",
        "Failed to load /srv/app/.env: open /srv/app/.env: no such file or directory",
        "docker: open ./app.env: no such file or directory.",
        "Error: open ./app.env: no such file or directory",
        "open /srv/app/.env: no such file or directory",
        "app.service: Failed to load environment files: No such file or directory",
        "  Warning  Failed  3s  kubelet  Error: couldn't find key DB_URL in Secret shop/api",
        '  Warning  Failed  3s  kubelet  Error: configmap "api-settings" not found',
        'Warning  FailedMount  MountVolume.SetUp failed for volume "settings" : secret "api-db" not found',
        'MountVolume.SetUp failed for volume "settings" : references non-existent config key: app.yaml',
    ),
)  # fmt: skip
_FILES = ("compose", "older", "loaded", "docker", "podman", "alone")


@dataclass(frozen=True, slots=True)
class Lack:
    """What is not there: a file with settings, a key of a Kubernetes object, or that object itself."""

    event: LogEvent
    file: str = ""
    key: str = ""
    kind: str = ""  # "Secret" or "ConfigMap"
    name: str = ""
    namespace: str = ""
    started: LogEvent | None = None  # the later word that something serves all the same

    @property
    def shown(self) -> str:
        """What is lacking, in a few words."""
        of = f"the {self.kind} {self.name}"
        if self.key:
            return f"the key {self.key}" + (f" of {of}" if self.name else "")
        return of if self.name else f"the file {self.file}" if self.file else "its file of settings"

    @property
    def summary(self) -> str:
        """Why nothing was started."""
        if self.kind or self.key:
            shown = f"{self.shown[0].upper()}{self.shown[1:]}"
            return f"{shown} does not exist, so Kubernetes does not start the container."
        shown = f"The file {self.file}" if self.file else "A file"
        return f"{shown} from which the settings are read is not there, so nothing is started."


def lack(evidence: Evidence) -> Lack | None:
    """Return what kept a program from being started; ``None`` where nothing did, or Compose was heard to go on."""
    for event in evidence.logs:
        found = match(event, UNSTARTED)
        # What a service says of its own files is the service's affair; Compose speaks before any of them does.
        if found is None or ((found["alone"] or found["podman"]) and event.service):
            continue
        after = list(later(evidence, event))
        kubernetes = not any(found[name] for name in _FILES)
        # Of several pods one may lack its secret while the others serve; Compose starts all of them or none.
        mine = [one for one in after if one.service == event.service] if kubernetes else after
        served = next((one for one in mine if got_through(one)), None)
        by_compose = found["compose"] or found["older"] or found["alone"]
        if served or not (by_compose and any(one.service for one in after)):
            return _lack(event, found, served)
    return None


def _lack(event: LogEvent, found: re.Match[str], started: LogEvent | None) -> Lack:
    file = next((found[name] for name in _FILES if found[name]), "")
    if file:
        return Lack(event, file=file.strip().rstrip(":,"), started=started)
    kind = found["of"] or found["object"] or ""
    namespace, _, name = (found["place"] or found["absent"] or "").rpartition("/")
    kind = {"secret": "Secret", "configmap": "ConfigMap"}.get(kind.lower(), "")
    key = found["key"] or found["mounted"] or ""
    return Lack(event, key=key, kind=kind, name=name, namespace=namespace, started=started)


def mends(one: Lack) -> tuple[Mend, ...]:
    """Return what shows it and what mends it."""
    if one.kind or one.key:
        return _of_kubernetes(one)
    folder = str(PurePosixPath(one.file).parent)
    file = one.file or "the file"
    return (
        Mend("command", f"ls -la {shlex.quote(folder)}", "Shows what lies there: often a .env.example, and no .env."),
        Mend("text", f"Write {file}, from the example beside it where there is one, or correct the path that is given "
             "(env_file:, --env-file, EnvironmentFile=).",
             "It is rarely under version control, so a fresh clone lacks it; a relative path counts from the compose "
             "file."),
        Mend("text", "If the program can do without: env_file: [{path: .env, required: false}], from Compose 2.24 on.",
             "Compose then starts the service all the same."),
    )  # fmt: skip


def _of_kubernetes(one: Lack) -> tuple[Mend, ...]:
    kind = (one.kind or "Secret").lower()
    if one.key:
        name = one.name or "NAME"
        place = f" --namespace {one.namespace}" if one.namespace else ""
        look = Mend("command", f"kubectl describe {kind} {name}{place}", "Lists the keys that it has.")
        text = (f"Add the key {one.key} to it, or correct the key's name where the pod refers to it (valueFrom, or the "
                "volume's items).")  # fmt: skip
        return look, Mend("text", text, "The kubelet tries again by itself, and starts the container then.")
    look = Mend("command", f"kubectl get {kind}s --all-namespaces --field-selector metadata.name={one.name}",
                "Shows whether it lies in another namespace: a pod reads only those of its own.")  # fmt: skip
    text = (
        f"Create the {one.kind} {one.name} in the pod's namespace, or correct the name in envFrom, valueFrom, volumes."
    )
    return look, Mend("text", text, "The kubelet tries again by itself, and starts the container then.")
