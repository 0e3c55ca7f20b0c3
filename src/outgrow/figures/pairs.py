"""Dot plots of students of one size: a panel for each pair of models, or rows of some results if they are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from outgrow.figures.axes import Axis, linear_axis
from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.chosen import PANELS, ROWS, chosen
from outgrow.figures.marks import dot, pgr_dot, row_label, unique_pairs
from outgrow.figures.roles import many_rows
from outgrow.figures.words import pair_of, tick_percent
from outgrow.results.table import Group, Interval

LOOKS = (("s0", "circle"), ("s2", "triangle"), ("s1", "square"))
FEW = 4  # results that have a row for each kind of share
Pick = Callable[[Group], Interval | None]


def pgr_dots(groups: Sequence[Group], axis: Axis) -> Figure | None:
    """PGR by method; None where there are many results and none has one."""
    pairs, about = unique_pairs(groups), "performance gap recovered per method; the values are in the table below"
    if len(groups) > ROWS or len(pairs) > PANELS:
        return _many_pgr(groups, axis)
    charts = []
    for pair in pairs:
        title, dots = " \u2192 ".join(pair), [pgr_dot(g, g.method) for g in groups if pair_of(g) == pair]
        charts.append(DotPlot(title=title, label=f"{title}: {about}", x=axis, dots=dots, rules=(0, 1)))
    return Figure(charts=charts)


def _many_pgr(groups: Sequence[Group], axis: Axis) -> Figure | None:
    known = [g for g in groups if g.verdict == "ok" and g.pgr is not None]
    if not known:
        return None
    rows, note = chosen(known, ROWS)
    if without := len(groups) - len(known):
        note = f"{without} of {len(groups)} results have no PGR; the values say why. {note}".strip()
    return many_rows([pgr_dot(g, row_label(g, rows)) for g in rows], axis, {}, "PGR", note, rows, rules=(0, 1))


def share_dots(groups: Sequence[Group], kinds: Mapping[str, Pick], name: str) -> Figure:
    """Three shares of students: a row for each, or where results are many one row a result."""
    looks = dict(zip(kinds, LOOKS, strict=True))
    ends = [end for g in groups for pick in kinds.values() if (at := pick(g)) for end in at.ends]
    x = linear_axis(ends, "share of test examples with the same answer", tick_percent, within=(0, 1))
    if len(groups) > FEW:
        rows, note = chosen(groups, ROWS)
        dots = []
        for g in rows:
            label = row_label(g, rows)
            first, *others = (dot(f"{label}, {what}", pick(g), *looks[what]) for what, pick in kinds.items())
            dots.append(replace(first, label=label, beside=[one for one in others if one.value is not None]))
        return many_rows(dots, x, {what: ("", *look) for what, look in looks.items()}, name, note, rows)
    charts = []
    for pair in unique_pairs(groups):
        own, title = [g for g in groups if pair_of(g) == pair], " \u2192 ".join(pair)
        dots = [dot(f"{what}, {g.method}", pick(g), *looks[what]) for what, pick in kinds.items() for g in own]
        about = f"{title}: {name} between student and supervisor; the values are in the table below"
        charts.append(DotPlot(title=title, label=about, x=x, dots=dots))
    return Figure(charts=charts)
