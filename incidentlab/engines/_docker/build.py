"""The app's image: built from the assembled context, told step by step, kept under one tag as a cache."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentlab.engines._docker import buildlog, failures, images, names, recipe
from incidentlab.engines._docker.client import Connection, asking, lost
from incidentlab.engines._docker.jobs import Cancel
from incidentlab.engines._docker.streams import CutShortError, LongAnswer
from incidentlab.errors import IncidentlabError
from incidentlab.model.scenario import StackSpec

# Docker knows these build arguments by itself: they reach RUN and do not stay in the image.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy")
# How the engine (moby's image and layer stores) says that an image vanished under the build.
_LAYER_GONE = (
    "no such image",
    "unknown parent image id",
    "failed to get digest",
    "failed to get layer",
    "layer does not exist",
)
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Built:
    """An image that was built."""

    image: dict[str, Any]  # as the engine's inspect has it
    tag: str


@dataclass(frozen=True, slots=True)
class Build:
    """All that one build needs to know."""

    connection: Connection
    spec: StackSpec
    context: Path
    registry: str
    timeout: float
    tell: Callable[[str], None]
    cancel: Cancel

    @property
    def dockerfile(self) -> str:
        """Return the Dockerfile's text."""
        return (self.context / "Dockerfile").read_text("utf-8", "replace")


def run(build: Build) -> Built:
    """Build the image, its base images first.

    Raises:
        ImageUnavailableError: a base image is neither here nor to be had.
        BuildFailedError: a step failed, with its line and its last output.
        CancelledError: the run was called off.
    """
    for base in recipe.base_images(build.dockerfile):
        images.provide(build.connection, base, build.registry, build.tell, build.cancel, build.timeout)
    tag = names.image(build.spec.scenario, build.spec.variant)
    built = images.inspect(build.connection, _built(build, tag))
    if built is None:
        raise lost(build.connection, f"building {tag}", "The image it says it has built is not there.")
    return Built(built, tag)


def _built(build: Build, tag: str) -> str:
    """Return the id of the image: another run may move the tag at any time."""
    for left in reversed(range(_TRIES)):
        log = buildlog.BuildLog(recipe.instructions(build.dockerfile))
        try:
            _follow(build, tag, log)
            if log.failure is None:
                return log.image or tag
            # Who removes an image at the same time takes away layers that ours has found in the cache.
            if not (left and _lacks_a_layer(log.failure.message)):
                raise failures.step_failed(log.failure, build.spec, build.dockerfile)
        except BaseException:
            _discard(build.connection, log)
            raise
    raise AssertionError("the last try returns or raises")


def _lacks_a_layer(message: str) -> bool:
    return any(words in message.lower() for words in _LAYER_GONE)


def _follow(build: Build, tag: str, log: buildlog.BuildLog) -> None:
    from docker.errors import APIError

    archive = _archive(build.context)
    with (
        asking(build.connection, f"building {tag}"),
        LongAnswer(build.connection, build.cancel, build.timeout) as answer,
        archive.open("rb") as content,
    ):
        try:
            items = answer.api.build(
                fileobj=content, custom_context=True, tag=tag, rm=True, forcerm=True, decode=True, pull=False,
                labels={names.OWNER: names.US, names.CACHE: "true"},
                buildargs=_proxies(), use_config_proxy=True, timeout=int(build.timeout) + 1,
            )  # fmt: skip
            for item in answer.watched(items):
                for text in log.read(item):
                    build.tell(text)
        except CutShortError as cut:
            raise failures.build_cut_short(str(cut), log, build.spec, build.timeout) from cut
        except APIError as error:
            raise failures.refused(str(error.explanation or error), build.spec, build.dockerfile) from error


def _proxies() -> dict[str, str]:
    return {name: os.environ[name] for name in _PROXIES if os.environ.get(name)}


def _archive(context: Path) -> Path:
    """Pack the context beside its folder. Owners are root's, as Docker's own client has it: the cache compares them."""
    target = context.with_name(f"{context.name}.tar")

    def rootly(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(context.iterdir()):
            tar.add(path, arcname=path.name, filter=rootly)
    return target


def _discard(connection: Connection, log: buildlog.BuildLog) -> None:
    """Remove the layers that a failed build has made; those it found in the cache stay."""
    from docker.errors import APIError

    for image in reversed(log.made):
        try:
            facts = images.inspect(connection, image)
            if facts is None or facts.get("RepoTags"):
                return  # gone with its child, or another build gave it a name
            connection.api.remove_image(image, noprune=True)
        except (IncidentlabError, APIError, OSError):
            return  # another build stands on it, or the engine is gone; a cache is no harm
