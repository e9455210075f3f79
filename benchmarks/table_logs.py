"""The figures of reading and judging logs as plain text, at most 120 columns wide."""

from collections.abc import Iterator

from benchmarks.judgement import Score, order
from benchmarks.logs import LARGE, LogFigures
from benchmarks.model import Comparison, Limit, Sample, middle

_MIB = 1 << 20
_NAME = 24  # characters of a cause's name beside the matrix


def logs_text(figures: LogFigures) -> str:
    """Return how long logs took to read, beside grep, and in how much memory."""
    limits = {limit.name: limit for limit in figures.limits}
    lines = [
        f"Reading a log of {figures.size / 1e6:.0f} MB and understanding it, beside grep -cF -f with the same "
        f"{figures.strings} strings; whole processes",
        f"  {'':<28} {'grep':>8} {'ours':>8} {'ours, MB/s':>11} {'ratio':>6}  {'at most':<12} memory",
    ]
    lines += [_row(row, figures.size, limits) for row in figures.rows]
    shown = {"quiet log, memory", "errors log, memory", "errors log, processor"}
    lines += [f"  {limit.name:<28} {_limit(limit)}" for name, limit in limits.items() if name in shown]
    for kind, sample in figures.large.items():
        limit = limits[f"{kind} log of {LARGE / 1e9:.0f} GB, memory"]
        speed = LARGE / 1e6 / sample.seconds
        lines.append(f"  {kind + ' log of ' + format(LARGE / 1e9, '.0f') + ' GB':<28} {sample.seconds:.1f} s, "
                     f"{speed:.0f} MB/s; memory {_limit(limit)}")  # fmt: skip
    return "\n".join(lines)


def _row(row: Comparison, size: int, limits: dict[str, Limit]) -> str:
    ours, peer = middle(row.our_samples), middle(row.peer_samples)
    speed = f"{size / 1e6 / ours:.0f}" if ours else "-"
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    limit = limits.get(f"{row.name}, ratio")
    verdict = f"{limit.most:.2f} {_verdict(limit)}" if limit else ""
    return (
        f"  {row.name:<28} {_seconds(peer):>8} {_seconds(ours):>8} {speed:>11} {ratio:>6}  {verdict:<12} "
        f"{_memory(row.our_samples)}"
    )


def _limit(limit: Limit) -> str:
    scale, unit = (_MIB, "MiB") if limit.unit == "bytes" else (1, limit.unit)
    measured = "-" if limit.measured is None else f"{limit.measured / scale:.4g} {unit}"
    return f"{measured} of at most {limit.most / scale:.4g} {unit}, {_verdict(limit)}"


def _verdict(limit: Limit) -> str:
    if limit.measured is None:
        return "not measured"
    return "met" if limit.met else "MISSED"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _memory(samples: list[Sample] | object) -> str:
    found = [each.memory for each in samples if isinstance(each, Sample)] if isinstance(samples, list) else []
    return f"{max(found) / _MIB:.0f} MiB" if found else "-"


def score_text(score: Score) -> str:
    """Return how well labelled logs were judged, the misses, and which truth got which answer."""
    called, healthy = score.healthy
    wrong = ", ".join(f"{count} {name}" for name, count in sorted(score.wrong.items())) or "none"
    limits = {limit.name: limit for limit in score.limits}
    share = limits["first causes wrong, share"]
    lines = [
        f"Judging {len(score.cases)} labelled logs",
        f"  first answer right           {score.right} of {len(score.cases)} ({score.right / len(score.cases):.1%}), "
        f"at least {1 - share.most:.0%}: {_verdict(share)}",
        f"  healthy called healthy       {called} of {healthy}, all: {_verdict(limits['healthy logs not called so'])}",
        f"  wrong but sure               {len(score.sure_and_wrong)}, none: {_verdict(limits['wrong but sure'])}",
        f"  wrong first answers          {wrong}",
    ]
    return "\n".join([*lines, *_misses(score), "", *_matrix(score)])


def _misses(score: Score) -> Iterator[str]:
    for case in score.cases:
        if not case.right or case.sure_and_wrong:
            sure = f"; surely {', '.join(case.sure_and_wrong)}" if case.sure_and_wrong else ""
            tricky = " (tricky)" if case.tricky else ""
            confidence = f", {case.confidence}" if case.confidence else ""
            yield f"    {case.name}: {case.truth}{tricky} -> {case.answer}{confidence}{sure}"


def _matrix(score: Score) -> Iterator[str]:
    matrix = score.matrix()
    names = sorted({*matrix, *(answer for row in matrix.values() for answer in row)}, key=order)
    yield "Truth (rows) and first answer (columns, by the rows' numbers)"
    yield "  " + " " * (_NAME + 3) + "".join(f"{number:>3}" for number in range(1, len(names) + 1))
    for number, truth in enumerate(names, 1):
        row = matrix.get(truth, {})
        cells = "".join(f"{row.get(answer) or '.':>3}" for answer in names)
        yield f"  {number:>2} {truth[:_NAME]:<{_NAME}}{cells}"
