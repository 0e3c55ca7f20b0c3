"""Scores of the roles, where students have one size: a dot plot for each pair."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.marks import dot
from outgrow.figures.sized import score_axis
from outgrow.figures.words import pair_of
from outgrow.results.table import Group


def role_dots(groups: Sequence[Group], name: str) -> Figure:
    """Supervisor, untrained student, students by method, ceiling; the gap is shaded."""
    x, share = score_axis(groups, f"test {name}"), groups[0].share
    panels: dict[tuple[object, ...], list[Group]] = {}  # a pair's methods share a panel if they share their gap
    for g in groups:
        gap = tuple(at and round(at.value, 6) for at in (g.weak_score, g.ceiling))
        panels.setdefault((pair_of(g), gap), []).append(g)
    charts = []
    for rows in panels.values():
        g = rows[0]
        dots = [dot("supervisor (weak)", g.weak_score, "s1", "square", share=share)]
        if g.zero_shot is not None:
            dots.append(dot("zero-shot (untrained student)", g.zero_shot, "grey", "down", share=share))
        dots += [dot(f"student, {row.method}", row.student, "s0", "circle", share=share) for row in rows]
        dots.append(dot("ceiling (student on ground truth)", g.ceiling, "ink", "diamond", share=share))
        band = (g.weak_score.value, g.ceiling.value) if g.weak_score and g.ceiling else None
        about = f"test {name} of supervisor, student and ceiling; the values are in the table"
        charts.append(DotPlot(title=" \u2192 ".join(pair_of(g)), label=about, x=x, dots=dots, band=band))
    return Figure(charts=charts)
