"""The figures, one function each: from the groups of one experiment to the HTML of a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from outgrow.report import svg
from outgrow.report.svg import Axis, Dot, Mark, Series, esc
from outgrow.report.words import (
    headline,
    metric_name,
    pair_of,
    percent,
    quantity,
    ratio,
    recovered,
    score,
    short_names,
    tick_percent,
)
from outgrow.results import Group, Interval

TONES = 6
SIZE = "model size (multiply-accumulates per forward pass)"
AGREEMENT: list[tuple[str, Callable[[Group], Interval | None]]] = [
    ("all test examples", lambda g: g.agreement),
    ("supervisor right", lambda g: g.agreement_when_right),
    ("supervisor wrong", lambda g: g.agreement_when_wrong),
]


def unique(values: Iterable[str]) -> list[str]:
    """Each value once, in the order they come."""
    return list(dict.fromkeys(values))


def figure(name: str, caption: str, panels: Sequence[str], legend: Sequence[Series] = ()) -> str:
    """A figure: heading, legend, panels side by side, caption. The caption is HTML already."""
    items = "".join(f"<li>{svg.swatch(series)}{esc(series.label)}</li>" for series in legend)
    keys = f'<ul class="legend">{items}</ul>' if items else ""
    body = "".join(f"<div>{panel}</div>" for panel in panels)
    many = "panels" if len(panels) > 1 else "panel"
    heading = f"<h3>{esc(name)}</h3>"
    return f'<figure>{heading}{keys}<div class="{many}">{body}</div><figcaption>{caption}</figcaption></figure>'


def has_sizes(groups: Sequence[Group]) -> bool:
    """Whether students of several sizes were tried, so that a line against size means something."""
    return len({group.strong_cost for group in groups}) > 1


def by_cost(groups: Sequence[Group]) -> list[str]:
    """The supervisors, smallest first."""
    return unique(g.weak for g in sorted(groups, key=lambda g: (g.weak_cost, g.weak)))


def weak_series(groups: Sequence[Group], method: str, make: Callable[[Group], Mark | None]) -> list[Series]:
    """One line per supervisor for a method, in its own colour and shape in all panels; it may have no marks."""
    out = []
    for k, weak in enumerate(by_cost(groups)):
        marks = [made for g in groups if (g.weak, g.method) == (weak, method) and (made := make(g))]
        tone, dash = f"s{k % TONES}", "" if k < TONES else "6 2"
        out.append(
            Series(label=f"from {weak}", marks=marks, tone=tone, shape=svg.SHAPES[k % len(svg.SHAPES)], dash=dash)
        )
    return out


def size_axis(groups: Sequence[Group], *, supervisors: bool = False) -> Axis:
    costs = [g.strong_cost for g in groups] + [g.weak_cost for g in groups if supervisors]
    return svg.log_axis(costs, SIZE, quantity)


def model_names(groups: Sequence[Group]) -> list[tuple[float, str]]:
    """Where each student model lies on the size axis."""
    short = short_names(unique(g.strong for g in groups))
    return sorted({(g.strong_cost, svg.shorten(short[g.strong], 14)) for g in groups})


def place_of(g: Group) -> str:
    return f"{g.weak} \u2192 {g.strong}, {g.method}"


def mark(g: Group, at: Interval | None, what: str) -> Mark | None:
    if at is None:
        return None
    return Mark(x=g.strong_cost, y=at.value, low=at.low, high=at.high, title=f"{place_of(g)}: {what} {score(at)}")


def per_model(groups: Sequence[Group], pick: Callable[[Group], Interval | None], what: str) -> list[Mark]:
    """One mark per strong model, for a score that depends on the model alone: the first group that has it gives it."""
    found: dict[str, Mark] = {}
    for g in groups:
        at = pick(g)
        if at is not None and g.strong not in found:
            title = f"{g.strong}: {what} {score(at)}"
            found[g.strong] = Mark(x=g.strong_cost, y=at.value, low=at.low, high=at.high, title=title)
    return list(found.values())


def supervisor_ticks(groups: Sequence[Group], lines: Sequence[Series]) -> list[Series]:
    """Each supervisor's own score, a short bar at its own size in the colour of its students' line."""
    out = []
    for series, weak in zip(lines, by_cost(groups), strict=True):
        g = next((g for g in groups if g.weak == weak and g.weak_score is not None), None)
        if g is not None and g.weak_score is not None:
            at = Mark(
                x=g.weak_cost, y=g.weak_score.value, title=f"{weak}, the supervisor itself: {score(g.weak_score)}"
            )
            out.append(Series(label=weak, marks=[at], tone=series.tone, shape="bar", joined=False))
    return out


def accuracy_figure(groups: Sequence[Group]) -> str:
    """The scores: against student size, or of each role where there is one size."""
    name = metric_name(groups[0])
    if not has_sizes(groups):
        return accuracy_dots(groups, name)
    everything = [at for g in groups for at in (g.zero_shot, g.weak_score, g.student, g.ceiling) if at is not None]
    ends = [end for at in everything for end in (at.low, at.high)]
    x, y = size_axis(groups, supervisors=True), svg.linear_axis(ends, name, tick_percent, within=(0, 1))
    ceiling = Series(
        label="ceiling (ground truth)",
        tone="ink",
        shape="diamond",
        marks=per_model(groups, lambda g: g.ceiling, "ceiling"),
    )
    untrained = Series(
        label="zero-shot (untrained)",
        tone="grey",
        dash="2 3",
        size=2,
        marks=per_model(groups, lambda g: g.zero_shot, "zero-shot"),
    )
    panels, legend = [], []
    for method in unique(g.method for g in groups):
        students = weak_series(groups, method, lambda g: mark(g, g.student, name))
        series = [untrained, ceiling, *students, *supervisor_ticks(groups, students)]
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
                dodge=2.5,
                width=340 if len(unique(g.method for g in groups)) > 1 else 520,
            )
        )
        legend += series
    own = Series(label="a supervisor itself, at its own size", marks=[], tone="grey", shape="bar", joined=False)
    keys = list({s.label: s for s in legend if s.shape != "bar"}.values())
    caption = (
        f"Test {esc(name)} against the size of the student, one line per supervisor: above its supervisor's "
        "bar, a student does "
        "better than it was taught; near the black (on a dark page, white) ceiling, it has lost little to "
        "its supervisor's "
        "mistakes. Error bars are 95&nbsp;% intervals."
    )
    return figure(f"{name.capitalize()} against student size", caption, panels, [*keys, own])


def accuracy_dots(groups: Sequence[Group], name: str) -> str:
    everything = [at for g in groups for at in (g.zero_shot, g.weak_score, g.student, g.ceiling) if at is not None]
    x = svg.linear_axis(
        [end for at in everything for end in (at.low, at.high)], f"test {name}", tick_percent, within=(0, 1)
    )
    panels = []
    for weak, strong in unique_pairs(groups):
        rows = [g for g in groups if pair_of(g) == (weak, strong)]
        g = rows[0]
        dots = [
            dot("supervisor (weak)", g.weak_score, "s1", "square"),
            dot("zero-shot (untrained student)", g.zero_shot, "grey", "down"),
        ]
        dots += [dot(f"student, {row.method}", row.student, "s0", "circle") for row in rows]
        dots.append(dot("ceiling (student on ground truth)", g.ceiling, "ink", "diamond"))
        band = (g.weak_score.value, g.ceiling.value) if g.weak_score and g.ceiling else None
        about = f"test {name} of supervisor, student and ceiling; the values are in the table"
        panels.append(svg.dot_plot(title=f"{weak} \u2192 {strong}", label=about, x=x, dots=dots, band=band))
    caption = (
        "Every role on the same test examples. The shaded band is the gap, from supervisor to ceiling. "
        "Bars are 95&nbsp;% intervals."
    )
    return figure(f"{name.capitalize()} of each role", caption, panels)


def unique_pairs(groups: Sequence[Group]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pair_of(g) for g in groups))


def dot(label: str, at: Interval | None, tone: str, shape: str) -> Dot:
    words, title = score(at), f"{label}: {score(at)}"
    if at is None:
        return Dot(label=label, value=None, words=words, title=title, tone=tone)
    return Dot(label=label, value=at.value, low=at.low, high=at.high, words=words, title=title, tone=tone, shape=shape)


def pgr_axis(groups: Sequence[Group]) -> tuple[Axis, str]:
    """From 0 to 1 and further where a value lies; intervals may run off it, which the note says."""
    found = [g.pgr for g in groups if g.pgr is not None and g.verdict == "ok"]
    low = min([0.0, *(at.value for at in found), *(max(at.low, -0.6) for at in found)])
    high = max([1.0, *(at.value for at in found), *(min(at.high, 1.6) for at in found)])
    axis = svg.linear_axis([low, high], "performance gap recovered (PGR)", ratio)
    margin = 0.03 * (axis.high - axis.low)
    axis = replace(axis, low=axis.low - margin, high=axis.high + margin)
    cut = any(at.low < axis.low or at.high > axis.high for at in found)
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
            panels.append(svg.dot_plot(title=" \u2192 ".join(pair), label=about, x=axis, dots=dots, rules=(0, 1)))
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
                y=axis,
                series=series,
                rules=(0, 1),
                dodge=4,
                names=model_names(groups),
                width=340 if len(methods) > 1 else 520,
            )
        )
        legend += series
    caption = (
        f"{meaning} A cross in the row below marks a pair whose PGR must not be read; point at it for the reason.{note}"
    )
    return figure(
        "Performance gap recovered against student size", caption, panels, list({s.label: s for s in legend}.values())
    )


def pgr_dot(g: Group) -> Dot:
    if g.pgr is None or g.verdict != "ok":
        return Dot(label=g.method, value=None, words=f"no PGR: {g.verdict}", title=pgr_mark(g).title)
    words, title = recovered(g.pgr), pgr_mark(g).title
    return Dot(label=g.method, value=g.pgr.value, low=g.pgr.low, high=g.pgr.high, words=words, title=title)


def pgr_mark(g: Group) -> Mark:
    if g.pgr is None or g.verdict != "ok":
        why = f" ({g.why})" if g.why else ""
        return Mark(x=g.strong_cost, y=None, title=f"{place_of(g)}: no PGR, {g.verdict}{why}")
    return Mark(
        x=g.strong_cost, y=g.pgr.value, low=g.pgr.low, high=g.pgr.high, title=f"{place_of(g)}: PGR {recovered(g.pgr)}"
    )


def agreement_mark(what: str, pick: Callable[[Group], Interval | None], g: Group) -> Mark | None:
    return mark(g, pick(g), f"agreement, {what},")


def agreement_figure(groups: Sequence[Group]) -> str:
    """How often student and supervisor answer the same: on all test examples, and where it is right or wrong."""
    caption = (
        "How often the student gives its supervisor's answer. Where the supervisor is right, agreeing is "
        "good; where it is wrong, "
        "agreeing means that the student has copied a mistake, so lower is better. Bars are 95&nbsp;% intervals."
    )
    found = [at for g in groups for _, pick in AGREEMENT if (at := pick(g)) is not None]
    ends = [end for at in found for end in (at.low, at.high)]
    if not has_sizes(groups):
        x = svg.linear_axis(ends, "share of test examples with the same answer", tick_percent, within=(0, 1))
        panels = []
        for pair in unique_pairs(groups):
            rows = [g for g in groups if pair_of(g) == pair]
            looks = zip(AGREEMENT, ("s0", "s2", "s1"), ("circle", "triangle", "square"), strict=True)
            dots = [dot(f"{what}, {g.method}", pick(g), tone, form) for (what, pick), tone, form in looks for g in rows]
            about = "agreement between student and supervisor; the values are in the table"
            panels.append(svg.dot_plot(title=" \u2192 ".join(pair), label=about, x=x, dots=dots))
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
                    dodge=2.5,
                    names=model_names(groups),
                )
            )
            legend += series
    return figure(
        "Agreement between student and supervisor", caption, panels, list({s.label: s for s in legend}.values())
    )


def overfitting_figure(groups: Sequence[Group]) -> str:
    """Validation accuracy along training for the headline pair: does the student fit its supervisor's mistakes?"""
    pair = [g for g in headline(groups) if g.curves.get("student")]
    if not pair:
        return ""
    every = [point for g in pair for role in ("student", "ceiling") for point in g.curves.get(role, [])]
    values = [p.accuracy for p in every] + [p.agreement for p in every if p.agreement is not None]
    y = svg.linear_axis(values, "share of validation examples", tick_percent, within=(0, 1))
    x = Axis(low=0, high=1, label="share of training done", ticks=[(k / 4, f"{25 * k}\u202f%") for k in range(5)])
    panels, legend, notes = [], [], []
    for g in pair:
        curve = g.curves["student"]
        best, final = max(curve, key=lambda p: p.accuracy), max(curve, key=lambda p: p.progress)
        series = [
            Series(
                label="ceiling",
                tone="ink",
                shape="diamond",
                size=2.4,
                marks=[
                    Mark(
                        x=p.progress, y=p.accuracy, title=f"ceiling at {percent(p.progress, 0)}: {percent(p.accuracy)}"
                    )
                    for p in g.curves.get("ceiling", [])
                ],
            ),
            Series(
                label="agreement",
                tone="s1",
                shape="square",
                dash="5 3",
                size=2,
                marks=[
                    Mark(
                        x=p.progress,
                        y=p.agreement,
                        title=f"agreement at {percent(p.progress, 0)}: {percent(p.agreement)}",
                    )
                    for p in curve
                    if p.agreement is not None
                ],
            ),
            Series(
                label="student",
                tone="s0",
                size=2.8,
                ring=best.progress,
                marks=[
                    Mark(
                        x=p.progress, y=p.accuracy, title=f"student at {percent(p.progress, 0)}: {percent(p.accuracy)}"
                    )
                    for p in curve
                ],
            ),
        ]
        series = [s for s in series if s.marks]
        about = f"validation accuracy along training, {place_of(g)}"
        panels.append(
            svg.line_chart(
                title=g.method, label=about, x=x, y=y, series=series, direct=True, width=390 if len(pair) > 1 else 520
            )
        )
        legend += series
        noise = 1.96 * math.sqrt(best.accuracy * (1 - best.accuracy) / best.n) if best.n else math.nan
        where = "at the end" if best is final else f"{percent(best.progress, 0)} of the way"
        lost = "" if best is final else f", {100 * (best.accuracy - final.accuracy):.1f} points below its best"
        slack = (
            ""
            if math.isnan(noise)
            else f" (\u00b1{100 * noise:.1f} points from the {best.n:,} validation examples alone)"
        )
        notes.append(
            f"<li><strong>{esc(g.method)}</strong>: best {percent(best.accuracy)} {where}, final "
            f"{percent(final.accuracy)}{lost}{slack}.</li>"
        )
    caption = (
        f"{esc(pair[0].weak)} \u2192 {esc(pair[0].strong)}: accuracy on validation examples against ground "
        "truth while training (solid), and "
        "agreement with the weak labels (dashed); means over seeds, without intervals. At 0&nbsp;% the model "
        "is untrained (zero-shot). "
        "Accuracy that falls while agreement rises is a student learning its supervisor's mistakes. The "
        "ringed point is the best, found "
        "with ground truth, so it flatters; scores elsewhere on this page are from the end of "
        f"training.<ul>{''.join(notes)}</ul>"
    )
    return figure("Along training", caption, panels, list({s.label: s for s in legend}.values()))
