"""The figures of the test scores, one function each: from the groups of one experiment to the HTML of a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from outgrow.report import svg
from outgrow.report.dots import dot_plot
from outgrow.report.marks import (
    dot,
    figure,
    has_sizes,
    mark,
    model_names,
    per_model,
    pgr_dot,
    pgr_mark,
    size_axis,
    supervisor_ticks,
    unique,
    unique_pairs,
    weak_series,
)
from outgrow.report.svg import Axis, Mark, Series, esc
from outgrow.report.words import (
    direction,
    metric_name,
    pair_of,
    ratio,
    tick_number,
    tick_percent,
)
from outgrow.results.table import Group, Interval

AGREEMENT: list[tuple[str, Callable[[Group], Interval | None]]] = [
    ("all test examples", lambda g: g.agreement),
    ("supervisor right", lambda g: g.agreement_when_right),
    ("supervisor wrong", lambda g: g.agreement_when_wrong),
]


def score_axis(groups: Sequence[Group], label: str, *, about: int = 5) -> Axis:
    """Over the scores of all roles and their intervals."""
    everything = [at for g in groups for at in (g.zero_shot, g.weak_score, g.student, g.ceiling) if at is not None]
    ends = [end for at in everything for end in at.ends]
    if groups[0].share:
        return svg.linear_axis(ends, label, tick_percent, about=about, within=(0, 1))
    return svg.linear_axis(ends, label, tick_number, about=about)


def score_figure(groups: Sequence[Group]) -> str:
    """The scores: against student size, or of each role where there is one size."""
    name = metric_name(groups[0])
    if not has_sizes(groups):
        return score_dots(groups, name)
    x, y = size_axis(groups, supervisors=True), score_axis(groups, name, about=7)
    above = "above" if groups[0].larger_is_better else "below"
    panels, legend = [], []
    for method in unique(g.method for g in groups):
        students = weak_series(groups, method, lambda g: mark(g, g.student, name, share=g.share))
        own = [g for g in groups if g.method == method] + [g for g in groups if g.method != method]
        ceiling = Series(label="ceiling (ground truth)", tone="ink", shape="diamond", marks=per_model(own, "ceiling"))
        untrained = Series(
            label="zero-shot (untrained)", tone="grey", dash="2 3", size=2, marks=per_model(own, "zero-shot")
        )
        series = [untrained, ceiling, *students, *supervisor_ticks(own, students)]
        series = [s for s in series if s.marks]
        about = f"{name} against student size, method {method}; the values are in the table"
        panels.append(
            svg.line_chart(
                title=method,
                label=about,
                x=x,
                y=y,
                series=series,
                names=model_names(groups),
                dodge=5,
                width=340 if len(unique(g.method for g in groups)) > 1 else 430,
            )
        )
        legend += series
    bar = Series(label="a supervisor itself, at its own size", marks=[], tone="grey", shape="bar", joined=False)
    keys = list({s.label: s for s in legend if s.shape != "bar"}.values())
    caption = (
        f"Test {esc(name)} against the size of the student, one line per supervisor: {above} its supervisor's "
        "bar, a student does "
        "better than it was taught; near the black (on a dark page, white) ceiling, it has lost little to "
        "its supervisor's "
        "mistakes. Error bars are 95&nbsp;% intervals."
    )
    return figure(f"{name[0].upper()}{name[1:]} against student size", caption, panels, [*keys, bar])


def score_dots(groups: Sequence[Group], name: str) -> str:
    """The scores of each role, where students have one size."""
    share = groups[0].share
    x = score_axis(groups, f"test {name}")
    panels = []
    compared: dict[tuple[object, ...], list[Group]] = {}  # a pair's methods share a panel if they share their gap
    for g in groups:
        gap = tuple(at and round(at.value, 6) for at in (g.weak_score, g.ceiling))
        compared.setdefault((pair_of(g), gap), []).append(g)
    for rows in compared.values():
        g = rows[0]
        dots = [dot("supervisor (weak)", g.weak_score, "s1", "square", share=share)]
        if g.zero_shot is not None:
            dots.append(dot("zero-shot (untrained student)", g.zero_shot, "grey", "down", share=share))
        dots += [dot(f"student, {row.method}", row.student, "s0", "circle", share=share) for row in rows]
        dots.append(dot("ceiling (student on ground truth)", g.ceiling, "ink", "diamond", share=share))
        band = (g.weak_score.value, g.ceiling.value) if g.weak_score and g.ceiling else None
        about = f"test {name} of supervisor, student and ceiling; the values are in the table"
        panels.append(dot_plot(title=" \u2192 ".join(pair_of(g)), label=about, x=x, dots=dots, band=band))
    caption = (
        f"Every role on the same test examples{direction(groups[0])}. The shaded band is the gap, from supervisor to "
        "ceiling. Bars are 95&nbsp;% intervals."
    )
    return figure(f"{name[0].upper()}{name[1:]} of each role", caption, panels)


def pgr_axis(groups: Sequence[Group]) -> tuple[Axis, str]:
    """From 0 to 1 and further where a value lies; intervals may run off it, which the note says."""
    found = [g.pgr for g in groups if g.pgr is not None and g.verdict == "ok"]
    low = min([0.0, *(at.value for at in found), *(max(at.ends[0], -0.6) for at in found)])
    high = max([1.0, *(at.value for at in found), *(min(at.ends[1], 1.6) for at in found)])
    axis = svg.linear_axis([low, high], "performance gap recovered (PGR)", ratio)
    margin = 0.03 * (axis.high - axis.low)
    axis = replace(axis, low=axis.low - margin, high=axis.high + margin)
    cut = any(at.ends[0] < axis.low or at.ends[1] > axis.high for at in found)
    return axis, " Bars that reach the edge go on beyond it; the table has their ends." if cut else ""


def pgr_figure(groups: Sequence[Group]) -> str:
    """The share of the gap recovered: against student size, or per method where there is one size."""
    axis, note = pgr_axis(groups)
    legend: list[Series] = []
    panels = []
    meaning = "0 is no better than the supervisor, 1 as good as the ceiling. Bars are 95&nbsp;% intervals."
    if not has_sizes(groups):
        for pair in unique_pairs(groups):
            rows = [g for g in groups if pair_of(g) == pair]
            dots = [pgr_dot(g) for g in rows]
            about = "performance gap recovered per method; the values are in the table"
            panels.append(dot_plot(title=" \u2192 ".join(pair), label=about, x=axis, dots=dots, rules=(0, 1)))
        return figure("Performance gap recovered", f"{meaning} A cross stands where there is no number.{note}", panels)
    methods = unique(g.method for g in groups)
    for method in methods:
        series = [s for s in weak_series(groups, method, pgr_mark) if s.marks]
        about = f"performance gap recovered against student size, method {method}; the values are in the table"
        panels.append(
            svg.line_chart(
                title=method,
                label=about,
                x=size_axis(groups),
                y=replace(axis, label="PGR"),
                series=series,
                rules=(0, 1),
                dodge=5,
                names=model_names(groups),
                width=340 if len(methods) > 1 else 430,
            )
        )
        legend += series
    caption = (
        f"{meaning} A cross in the row below marks a pair whose PGR must not be read; point at it for the reason.{note}"
    )
    return figure(
        "Performance gap recovered against student size", caption, panels, list({s.label: s for s in legend}.values())
    )


def agreement_mark(what: str, pick: Callable[[Group], Interval | None], g: Group) -> Mark | None:
    """A mark at a kind of agreement, at the size of the student."""
    return mark(g, pick(g), f"agreement, {what},")


def agreement_figure(groups: Sequence[Group]) -> str:
    """How often student and supervisor answer the same: on all test examples, and where it is right or wrong."""
    caption = (
        "How often the student gives its supervisor's answer. Where the supervisor is right, agreeing is "
        "good; where it is wrong, "
        "agreeing means that the student has copied a mistake, so lower is better. Bars are 95&nbsp;% intervals."
    )
    found = [at for g in groups for _, pick in AGREEMENT if (at := pick(g)) is not None]
    ends = [end for at in found for end in at.ends]
    if not has_sizes(groups):
        x = svg.linear_axis(ends, "share of test examples with the same answer", tick_percent, within=(0, 1))
        panels = []
        for pair in unique_pairs(groups):
            rows = [g for g in groups if pair_of(g) == pair]
            looks = zip(AGREEMENT, ("s0", "s2", "s1"), ("circle", "triangle", "square"), strict=True)
            dots = [dot(f"{what}, {g.method}", pick(g), tone, form) for (what, pick), tone, form in looks for g in rows]
            about = "agreement between student and supervisor; the values are in the table"
            panels.append(dot_plot(title=" \u2192 ".join(pair), label=about, x=x, dots=dots))
        return figure("Agreement between student and supervisor", caption, panels)
    x, y = size_axis(groups), svg.linear_axis(ends, "agreement", tick_percent, within=(0, 1))
    panels, legend = [], []
    for method in unique(g.method for g in groups):
        for what, pick in AGREEMENT:
            series = [s for s in weak_series(groups, method, partial(agreement_mark, what, pick)) if s.marks]
            about = f"agreement on {what}, method {method}; the values are in the table"
            panels.append(
                svg.line_chart(
                    title=f"{method}: {what}",
                    label=about,
                    x=x,
                    y=y,
                    series=series,
                    height=220,
                    dodge=5,
                    names=model_names(groups),
                )
            )
            legend += series
    return figure(
        "Agreement between student and supervisor", caption, panels, list({s.label: s for s in legend}.values())
    )
