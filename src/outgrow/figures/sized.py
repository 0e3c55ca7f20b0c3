"""Lines against the size of the student, one panel per method, one line per supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from outgrow.figures.axes import Axis, linear_axis
from outgrow.figures.charts import Figure, LineChart, Mark, Series
from outgrow.figures.chosen import PANELS, chosen_methods
from outgrow.figures.marks import (
    mark,
    model_names,
    per_model,
    pgr_mark,
    size_axis,
    supervisor_ticks,
    weak_series,
)
from outgrow.figures.words import ratio, tick_number, tick_percent
from outgrow.results.table import Group, Interval

AGREEMENT = 4  # methods, of three panels each


def score_axis(groups: Sequence[Group], label: str, *, about: int = 5) -> Axis:
    """Over the scores of all roles and their intervals."""
    found = [at for g in groups for at in (g.zero_shot, g.weak_score, g.student, g.ceiling) if at is not None]
    return end_axis(found, label, share=groups[0].share, about=about)


def end_axis(found: Sequence[Interval], label: str, *, share: bool, about: int = 5) -> Axis:
    """Over scores and their intervals."""
    ends = [end for at in found for end in at.ends]
    if share:
        return linear_axis(ends, label, tick_percent, about=about, within=(0, 1))
    return linear_axis(ends, label, tick_number, about=about)


def score_lines(groups: Sequence[Group], name: str) -> Figure:
    """Scores of students, ceilings and untrained students; supervisors as bars at their own sizes."""
    x, y = size_axis(groups, supervisors=True), score_axis(groups, name, about=7)
    methods, note = chosen_methods(groups, PANELS)
    charts, legend = [], []
    for method in methods:
        students = weak_series(groups, method, lambda g: mark(g, g.student, name, share=g.share))
        own = [g for g in groups if g.method == method] + [g for g in groups if g.method != method]
        ceiling = Series(label="ceiling (ground truth)", tone="ink", shape="diamond", marks=per_model(own, "ceiling"))
        untrained = Series(
            label="zero-shot (untrained)", tone="grey", dash="2 3", size=2, marks=per_model(own, "zero-shot")
        )
        series = [s for s in (untrained, ceiling, *students, *supervisor_ticks(own, students)) if s.marks]
        about = f"{name} against student size, method {method}; the values are in the table below"
        charts.append(
            LineChart(
                title=method, label=about, x=x, y=y, series=series, names=model_names(groups), dodge=5,
            )
        )  # fmt: skip
        legend += series
    bar = Series(label="a supervisor itself, at its own size", marks=[], tone="grey", shape="bar", joined=False)
    return Figure(charts=charts, legend=[*_once(s for s in legend if s.shape != "bar"), bar], note=note)


def pgr_axis(groups: Sequence[Group]) -> tuple[Axis, bool]:
    """From 0 to 1 and further where a value lies; and whether intervals run off it."""
    found = [g.pgr for g in groups if g.pgr is not None and g.verdict == "ok"]
    low = min([0.0, *(at.value for at in found), *(max(at.low, -0.6) for at in found)])
    high = max([1.0, *(at.value for at in found), *(min(at.high, 1.6) for at in found)])
    axis = linear_axis([low, high], "performance gap recovered (PGR)", ratio)
    margin = 0.03 * (axis.high - axis.low)
    axis = replace(axis, low=axis.low - margin, high=axis.high + margin)
    return axis, any(at.low < axis.low or at.high > axis.high for at in found)


def pgr_lines(groups: Sequence[Group], axis: Axis) -> Figure:
    """PGR of students; a cross where it must not be read."""
    methods, note = chosen_methods(groups, PANELS)
    charts, legend = [], []
    for method in methods:
        series = [s for s in weak_series(groups, method, pgr_mark) if s.marks]
        about = f"performance gap recovered against student size, method {method}; the values are in the table below"
        charts.append(
            LineChart(
                title=method, label=about, x=size_axis(groups), y=replace(axis, label="PGR"), series=series,
                rules=(0, 1), dodge=5, names=model_names(groups),
            )
        )  # fmt: skip
        legend += series
    return Figure(charts=charts, legend=_once(legend), note=note)


def share_lines(groups: Sequence[Group], kinds: Mapping[str, Callable[[Group], Interval | None]], name: str) -> Figure:
    """Several shares of students, a row of panels for each method."""
    found = [at for g in groups for pick in kinds.values() if (at := pick(g)) is not None]
    x = size_axis(groups)
    y = linear_axis([end for at in found for end in at.ends], name, tick_percent, within=(0, 1))
    charts, legend = [], []
    methods, note = chosen_methods(groups, AGREEMENT)
    for method in methods:
        for what, pick in kinds.items():
            series = [s for s in weak_series(groups, method, partial(_share, f"{name}, {what},", pick)) if s.marks]
            about = f"{name} on {what}, method {method}; the values are in the table below"
            charts.append(
                LineChart(
                    title=f"{method}: {what}", label=about, x=x, y=y, series=series, height=220, dodge=5,
                    names=model_names(groups),
                )
            )  # fmt: skip
            legend += series
    return Figure(charts=charts, legend=_once(legend), note=note)


def _share(what: str, pick: Callable[[Group], Interval | None], g: Group) -> Mark | None:
    return mark(g, pick(g), what)


def _once(legend: Iterable[Series]) -> list[Series]:
    return list({series.label: series for series in legend}.values())
