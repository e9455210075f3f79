"""The learner's copy of an incident's files, and the scenario that it makes.

::

    challenge-7f3a/
        README.md         what to do
        image/            the whole build context, with its Dockerfile
        deployment.yaml   the environment, and steps before the app starts
        logs/             what the app and the database wrote in the last run
        .challenge        the challenge's name; which incident it is stands elsewhere
"""

from dataclasses import replace
from pathlib import Path

from incidentlab.catalogue import deployment
from incidentlab.engines._context import lay_out
from incidentlab.lab.challenge import witness
from incidentlab.lab.challenge.offered import BROKEN, deployment_of
from incidentlab.model.challenge import Challenge
from incidentlab.model.scenario import ContextEntry, Expectation, Scenario, Variant

IMAGE = "image"
MARKER = ".challenge"
LOGS = "logs"

_README = """\
# {name}

Something is wrong with this deployment. Find out what, and mend it.

- `image/` is the whole build context, with its `Dockerfile`. Change what you like.
- `deployment.yaml` is how it is deployed: the environment, and steps before the app starts. Change what you like.
- `logs/` has what the app and the database wrote when it ran last, and what the database held then.

{replicas} of the app run{s}. How it is watched is not yours to change: the image's health check, `GET /health`, and
that the service refuses to start without its table.

```console
$ incidentlab check-fix             # build it, run it, judge it; --watch does so whenever you save
$ incidentlab challenge hint        # one more hint
$ incidentlab challenge --give-up   # the cause, and a remedy as a diff
```

Any remedy counts that makes it healthy, keeps it so while it is used, and loses no data. `incidentlab diagnose` is for
afterwards: it would tell you.
"""


def write(scenario: Scenario, variant: Variant, name: str, folder: Path) -> None:
    """Write a variant of a scenario as a learner's copy; comments of the Dockerfile stay behind, for they explain.

    Raises:
        BuildFailedError: a file cannot be read or copied.
        OSError: the rest cannot be written.
    """
    broken = scenario.variants[BROKEN]
    image = folder / IMAGE
    lay_out(replace(scenario.stack(variant), scenario=name), image)
    dockerfile = image / "Dockerfile"
    lines = dockerfile.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("#") or line.startswith("# syntax=")]
    dockerfile.write_text("".join(kept), encoding="utf-8")
    said = {"replicas": f"{variant.replicas} replicas" if variant.replicas > 1 else "One replica", "name": name}
    texts = {
        deployment.FILE_NAME: deployment.render(deployment_of(broken, variant)),
        "README.md": _README.format(**said, s="" if variant.replicas > 1 else "s"),
        MARKER: f"{name}\n",
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / LOGS).mkdir(exist_ok=True)


def as_scenario(scenario: Scenario, challenge: Challenge, expect: Expectation, mark: str = "") -> Scenario:
    """Return the scenario that a learner's files make: what happens to them is the incident's own, the rest is theirs.

    Args:
        scenario: the incident.
        challenge: whose folder and name count; nothing that is told while it runs names the incident.
        expect: what has to be seen of it.
        mark: put into rows that were there before; empty for none.

    Raises:
        ScenarioError: ``deployment.yaml`` is wrong.
    """
    broken = scenario.variants[BROKEN]
    given = deployment.load(challenge.folder, scenario.database)
    image = challenge.folder / IMAGE
    variant = Variant(
        name="fix" if mark else "incident",
        dockerfile=image / "Dockerfile",
        expect=expect,
        env=given.env,
        overlays=(),
        before=(*given.earlier, *broken.before, *given.before),
        during=broken.during,
        replicas=broken.replicas,
        memory=broken.memory,
    )
    return replace(
        scenario,
        id=challenge.name,
        title="An incident",
        summary="",
        directory=challenge.folder,
        context=(ContextEntry(".", image),),
        variants={variant.name: variant},
        before=(*scenario.before, *([witness.step(mark)] if mark and witness.wanted(expect) else [])),
    )
