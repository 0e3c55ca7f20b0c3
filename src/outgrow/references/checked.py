"""Results against a reference: inside or outside, and why that may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.analyses.base import analyses, studies
from outgrow.artefacts import Artefacts
from outgrow.intervals.crossed import quantile
from outgrow.references.reference import Number, Reference
from outgrow.results.table import Group, Interval, Record

NORMAL = quantile(math.inf)
FIELDS = {"weak": "weak_score", "student": "student", "ceiling": "ceiling", "zero_shot": "zero_shot", "pgr": "pgr",
          "agreement": "agreement"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Check:
    """A number of a reference beside the run's.

    Args:
        ours: the run's, with its 95 % interval; None where the run has none.
        reach: how far the two may lie apart: 95 % of their difference, as far as both spreads are known.
        verdict: `inside`, `outside`, or `missing`.
        why: why it is missing.
    """

    number: Number
    ours: Interval | None
    reach: float
    verdict: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an analysis was to find, and what it found: `holds`, `fails here`, `undecided`, or `missing`."""

    analysis: str
    says: str
    verdict: str
    sentences: tuple[str, ...] = ()


def checks(wanted: Reference, groups: Sequence[Group]) -> list[Check]:
    """Each number of a reference against pooled results."""
    return [_check(one, groups) for one in wanted.numbers]


def _check(number: Number, groups: Sequence[Group]) -> Check:
    fitting = [one for one in groups if all(getattr(one, name) == value for name, value in number.of.items())]
    if len(fitting) != 1:
        why = "the run has no such row" if not fitting else f"{len(fitting)} rows fit"
        return Check(number=number, ours=None, reach=math.nan, verdict="missing", why=why)
    ours: Interval | None = getattr(fitting[0], FIELDS[number.what])
    if ours is None:
        why = fitting[0].why or f"no {number.what.replace('_', '-')} score"
        return Check(number=number, ours=None, reach=math.nan, verdict="missing", why=why)
    theirs = NORMAL * (number.error or 0.0)
    below, above = (
        (0.0, 0.0) if ours.low is None or ours.high is None else (ours.value - ours.low, ours.high - ours.value)
    )
    own = below if number.value < ours.value else above
    reach = math.hypot(own, theirs)
    inside = abs(ours.value - number.value) <= reach + 5e-4  # published numbers are rounded
    return Check(number=number, ours=ours, reach=reach, verdict="inside" if inside else "outside")


def found(wanted: Reference, groups: Sequence[Group], store: Artefacts) -> list[Found]:
    """What the analyses of a reference say of its study."""
    whole, results = studies(groups, store), []
    for one in wanted.expected:
        panels = [panel for study in whole if (panel := analyses[one.analysis](study)) is not None]
        findings = [finding for panel in panels for finding in panel.findings]
        verdicts = {finding.verdict for finding in findings}
        verdict = next((v for v in ("fails here", "undecided", "holds") if v in verdicts), "missing")
        results.append(
            Found(
                analysis=one.analysis, says=one.says, verdict=verdict,
                sentences=tuple(finding.sentence for finding in findings),
            )
        )  # fmt: skip
    return results


def why(wanted: Reference, records: Sequence[Record], seeds: int) -> list[str]:
    """Why a run may lie outside: what differs from the reference, as far as it is known."""
    reasons = list(wanted.reasons)
    if wanted.keys and seeds == wanted.seeds:
        other = sum(one.row.key not in wanted.keys for one in records)
        same = (
            "all results have the keys of the reference, so data, models and settings are the same: what differs is "
            "arithmetic, of another processor, number of threads or library"
        )
        changed = (
            f"{other} of {len(records)} results have other keys than the reference: data, models or settings changed"
        )
        reasons.insert(0, changed if other else same)
    if seeds != wanted.seeds:
        reasons.append(f"the reference has {wanted.seeds} seeds, this run {seeds}")
    if any(one.error is None for one in wanted.numbers):
        reasons.append("the source tells no spread of some numbers, so only this run's own interval could be used")
    return reasons
