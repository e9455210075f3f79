"""Results as plain text."""

from collections.abc import Iterator, Sequence

from benchmarks import metrics, proofs, remedies, standing
from benchmarks.model import Comparison, Limit, Sample, middle, middle_cpu, phases
from benchmarks.results import Results
from benchmarks.table_logs import logs_text, score_text


def text(results: Results) -> str:
    """Return the whole account, ready to print; lines without blanks at their ends."""
    parts = [_head(results)]
    if results.comparisons:
        parts += [_comparisons(results), _phases(results.comparisons)]
    if results.starts:
        parts.append(_starts(results))
    if results.weight:
        weight = results.weight
        parts.append(
            "Size\n"
            f"  wheel {weight.wheel:,} bytes; installed {weight.files} files, {weight.installed:,} bytes "
            "(its requirements not counted)"
        )
    if results.logs:
        parts.append(logs_text(results.logs))
    if results.sources:
        rows = [
            f"  {each.name:<52} {_milliseconds(each.measured):>8}  {_verdict(each)}" for each in results.sources.limits
        ]
        parts.append("\n".join(["Reading sources", *rows]))
    if results.score and results.score.cases:
        parts.append(score_text(results.score))
    if results.proofs:
        parts.append(proofs.text(results.proofs))
    if results.standing:
        parts.append(standing.text(results.standing))
    if results.remedies:
        parts.append(remedies.text(results.remedies))
    if results.metrics:
        parts.append(metrics.text(results.metrics))
    if results.remarks:
        parts.append("Remarks\n" + "\n".join(f"  {line}" for each in results.remarks for line in each.splitlines()))
    return "\n\n".join("\n".join(line.rstrip() for line in part.splitlines()) for part in parts)


def _head(results: Results) -> str:
    machine = "; ".join(f"{name} {value}" for name, value in results.machine.items())
    return f"incidentlab benchmark, {results.date}; all times are medians\n  {machine}; load {_pair(results.load)}"


def _comparisons(results: Results) -> str:
    rows = results.comparisons
    peers = dict.fromkeys(row.peer for row in rows)
    title = f"From the command to the clean teardown, {results.rounds} rounds by turns; peer: {'; '.join(peers)}"
    head = f"  {'':<22} {'peer':>9} {'ours':>9} {'ratio':>7}  {'at most':<8} {'our memory':>10}"
    lines = [
        f"  {row.name:<22} {_seconds(middle(row.peer_samples)):>9} {_seconds(middle(row.our_samples)):>9} "
        f"{_number(row.ratio):>7}  {_verdict(row.limit):<13} {_memory(row.our_samples):>5}"
        for row in rows
    ]
    return "\n".join([title, head, *lines])


def _phases(rows: Sequence[Comparison]) -> str:
    return "\n".join(["Where the time goes, in seconds (our phases overlap)", *_phase_lines(rows)])


def _phase_lines(rows: Sequence[Comparison]) -> Iterator[str]:
    shown: set[str] = set()
    for row in rows:
        peer = f"peer, {row.name.split()[0]}"
        for name, samples in ((peer, row.peer_samples), (f"ours, {row.name}", row.our_samples)):
            found = phases(samples)
            if found and name not in shown:
                shown.add(name)
                yield f"  {name:<28} " + "  ".join(f"{phase} {seconds:.2f}" for phase, seconds in found.items())


def _starts(results: Results) -> str:
    limits = {each.name: each for each in results.limits}
    lines = []
    for name, samples in results.starts.items():
        shown, cpu = _milliseconds(middle(samples)), _milliseconds(middle_cpu(samples))
        lines.append(f"  {name:<44} {shown:>7} {cpu:>7}  {_verdict(limits.get(name))}")
    head = f"  {'':<44} {'waited':>7} {'cpu':>7}  at most"
    return "\n".join(["Start-up, output into a file", head, *lines])


def _sources(limits: Sequence[Limit]) -> str:
    rows = (f"  {each.name:<52} {_milliseconds(each.measured):>8}  {_verdict(each)}" for each in limits)
    return "\n".join(["Reading sources", *rows])


def _verdict(limit: Limit | None) -> str:
    if limit is None:
        return ""
    most = f"{limit.most * 1000:.0f} ms" if limit.unit == "s" else f"{limit.most:.2f}"
    if limit.measured is None:
        return f"{most} not measured"
    return f"{most} {'met' if limit.met else 'MISSED'}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value * 1000:.0f} ms"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _memory(samples: Sequence[Sample]) -> str:
    return f"{max(each.memory for each in samples) / (1 << 20):.0f} MiB" if samples else "-"


def _pair(values: tuple[float, float]) -> str:
    return f"{values[0]:.1f} before, {values[1]:.1f} after"
