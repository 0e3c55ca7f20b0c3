"""How often student and supervisor answer the same: on all test examples, and where it is right or wrong."""

from __future__ import annotations

from collections.abc import Callable

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures.marks import has_sizes
from outgrow.figures.pairs import share_dots
from outgrow.figures.sized import share_lines
from outgrow.results.table import Group, Interval

KINDS: dict[str, Callable[[Group], Interval | None]] = {
    "all test examples": lambda g: g.agreement,
    "supervisor right": lambda g: g.agreement_when_right,
    "supervisor wrong": lambda g: g.agreement_when_wrong,
}


def agreement(study: Study) -> Panel:
    """Agreement with its intervals, split by whether the supervisor is right."""
    groups = study.groups
    found = [(g, what, at) for g in groups for what, pick in KINDS.items() if (at := pick(g)) is not None]
    draw = share_lines if has_sizes(groups) else share_dots
    return Panel(
        title="Agreement between student and supervisor",
        words="How often the student gives its supervisor's answer. Where the supervisor is right, agreeing is good. "
        "Where it is wrong, agreeing means that the student has copied a mistake, so lower is better. Bars are "
        "95\u00a0% intervals.",
        figure=draw(groups, KINDS, "agreement"),
        columns=("weak", "strong", "method", "where", "value", "low", "high", "n", "interval"),
        rows=[(g.weak, g.strong, g.method, what, at.value, at.low, at.high, at.n, at.form) for g, what, at in found],
    )


analyses.add(
    "agreement", agreement, about="how often the student answers as its supervisor does, right or wrong",
    source="Burns et al. 2023, fig. 8",
)  # fmt: skip
