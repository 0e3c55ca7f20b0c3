"""How often student and supervisor answer the same: on all test examples, and where it is right or wrong."""

from __future__ import annotations

from collections.abc import Callable

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures import sized
from outgrow.figures.axes import linear_axis
from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.marks import dot, has_sizes, unique_pairs
from outgrow.figures.words import pair_of, tick_percent
from outgrow.results.table import Group, Interval

KINDS: dict[str, Callable[[Group], Interval | None]] = {
    "all test examples": lambda g: g.agreement,
    "supervisor right": lambda g: g.agreement_when_right,
    "supervisor wrong": lambda g: g.agreement_when_wrong,
}
LOOKS = (("s0", "circle"), ("s2", "triangle"), ("s1", "square"))


def agreement(study: Study) -> Panel:
    """Agreement with its intervals, split by whether the supervisor is right."""
    groups = study.groups
    found = [(g, what, at) for g in groups for what, pick in KINDS.items() if (at := pick(g)) is not None]
    x = linear_axis(
        [end for _, _, at in found for end in at.ends], "share of test examples with the same answer", tick_percent,
        within=(0, 1),
    )  # fmt: skip
    charts = []
    for pair in unique_pairs(groups):
        own = [g for g in groups if pair_of(g) == pair]
        looks = zip(KINDS.items(), LOOKS, strict=True)
        dots = [dot(f"{what}, {g.method}", pick(g), *look) for (what, pick), look in looks for g in own]
        about = "agreement between student and supervisor; the values are in the table"
        charts.append(DotPlot(title=" \u2192 ".join(pair), label=about, x=x, dots=dots))
    return Panel(
        title="Agreement between student and supervisor",
        words="How often the student gives its supervisor's answer. Where the supervisor is right, agreeing is good. "
        "Where it is wrong, agreeing means that the student has copied a mistake, so lower is better. Bars are "
        "95\u00a0% intervals.",
        figure=sized.share_lines(groups, KINDS, "agreement") if has_sizes(groups) else Figure(charts=charts),
        columns=("weak", "strong", "method", "where", "value", "low", "high", "n"),
        rows=[(g.weak, g.strong, g.method, what, at.value, at.low, at.high, at.n) for g, what, at in found],
    )


analyses.add(
    "agreement", agreement, about="how often the student answers as its supervisor does, right or wrong",
    source="Burns et al. 2023, fig. 8",
)  # fmt: skip
