"""A bundled scenario's app on the local engine, with its monitoring beside it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from incidentlab import catalogue
from incidentlab.engines._base import Stack, StackRequest
from incidentlab.lab import staging
from incidentlab.lab.choose import engines
from incidentlab.lab.recorder import Recorder
from incidentlab.monitoring import config
from incidentlab.monitoring.running import Monitoring, Wanted, monitoring
from tests.monitoring.material import require_programs


@contextmanager
def observed_app(
    scenario_id: str, variant_name: str, folder: Path, *, listen: bool = False
) -> Iterator[tuple[Monitoring, Stack]]:
    """Give the monitoring, told of by Alertmanager where it listens, and the stack; the app was started."""
    require_programs()
    scenario = catalogue.find(scenario_id)
    variant = scenario.variants[variant_name]
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o700)
    recorder = Recorder(lambda _: None)
    spec = scenario.stack(variant)
    spec = replace(spec, database=replace(spec.database, interrupted=True))
    request = StackRequest(f"t{secrets.token_hex(5)}", spec, scratch)
    with engines()["local"].start(request, recorder) as stack, staging.staged(stack, recorder) as scene:
        staging.before(scenario.steps(variant)[0], scene)
        with monitoring(stack, Wanted(config.rules_file(), listen=listen), recorder) as running:
            stack.start_app()
            yield running, stack
