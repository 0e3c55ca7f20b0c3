"""Evaluations as short lists of JSON, and back: very many of them are kept."""

from __future__ import annotations

from typing import Any

from outgrow.results.table import Bounded, Evaluation, Interval

INTERVALS = ("agreement", "agreement_when_right", "agreement_when_wrong", "gain", "pgr")
OTHERS = ("n_groups", "design_effect", "detectable", "verdict", "why")
Packed = list[Any]


def pack(found: Evaluation) -> Packed:
    """Scores by role, intervals, and all else, in a fixed order."""
    return [
        {role: _short(one) for role, one in found.scores.items()},
        *(_short(getattr(found, name)) for name in INTERVALS),
        *(getattr(found, name) for name in OTHERS),
    ]


def unpack(found: Packed) -> Evaluation:
    """The evaluation that `pack` was given."""
    scores, *others = found
    agreement, when_right, when_wrong, gain, pgr = others[: len(INTERVALS)]
    n_groups, design_effect, detectable, verdict, why = others[len(INTERVALS) :]
    of_all = _interval(agreement)
    assert of_all is not None
    return Evaluation(
        scores={role: Interval(value=v, low=low, high=high, n=n, form=form)
                for role, (v, low, high, n, form) in scores.items()},
        agreement=of_all, agreement_when_right=_interval(when_right), agreement_when_wrong=_interval(when_wrong),
        gain=_interval(gain), n_groups=n_groups, design_effect=design_effect, detectable=detectable, verdict=verdict,
        why=why, pgr=None if pgr is None else Bounded(value=pgr[0], low=pgr[1], high=pgr[2], n=pgr[3], form=pgr[4]),
    )  # fmt: skip


def _short(one: Interval | None) -> Packed | None:
    return None if one is None else [one.value, one.low, one.high, one.n, one.form]


def _interval(found: Packed | None) -> Interval | None:
    return None if found is None else Interval(value=found[0], low=found[1], high=found[2], n=found[3], form=found[4])
