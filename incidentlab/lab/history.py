"""What has been run here, in a few words a run."""

from incidentlab.errors import StorageError
from incidentlab.lab import archive
from incidentlab.model.run import RunEntry


def history() -> tuple[list[RunEntry], list[str]]:
    """Return the recorded runs, newest first, and the ids of records that cannot be read."""
    entries, damaged = [], [path.name for path in archive.half_written()]
    for run_id in reversed(archive.ids()):
        try:
            run = archive.load(run_id).run
        except StorageError:
            damaged.append(run_id)
            continue
        seconds = run.timings.get("total", 0.0)
        entries.append(
            RunEntry(
                run.id, run.scenario, run.variant, run.engine, run.outcome, run.met, run.started_at, seconds, run.kept
            )
        )
    return entries, damaged
