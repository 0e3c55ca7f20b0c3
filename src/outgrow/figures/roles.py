"""Scores of the roles, where students have one size: a dot plot for each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from outgrow.figures.axes import Axis
from outgrow.figures.charts import Dot, DotPlot, Figure, Series
from outgrow.figures.chosen import ROWS, chosen
from outgrow.figures.marks import dot, row_label, unique_pairs
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
            dots.append(dot("zero-shot (untrained)", g.zero_shot, "grey", "down", share=share))
        dots += [dot(f"student, {row.method}", row.student, "s0", "circle", share=share) for row in rows]
        dots.append(dot("ceiling (ground truth)", g.ceiling, "ink", "diamond", share=share))
        band = (g.weak_score.value, g.ceiling.value) if g.weak_score and g.ceiling else None
        title = " \u2192 ".join(pair_of(g))
        about = f"{title}: test {name} of supervisor, student and ceiling; the values are in the table below"
        charts.append(DotPlot(title=title, label=about, x=x, dots=dots, band=band))
    return Figure(charts=charts)


ROLES = {
    "supervisor (weak)": ("weak_score", "s1", "square"),
    "zero-shot (untrained)": ("zero_shot", "grey", "down"),
    "ceiling (ground truth)": ("ceiling", "ink", "diamond"),
    "student": ("student", "s0", "circle"),
}


def role_rows(groups: Sequence[Group], name: str) -> Figure:
    """Many results in one panel: a row each, with all roles on it; those that a figure has room for."""
    rows, note = chosen(groups, ROWS)
    looks = {role: look for role, look in ROLES.items() if any(getattr(g, look[0]) for g in rows)}
    dots: list[Dot] = []
    for g in rows:
        label = row_label(g, rows)
        made = {
            role: dot(label, getattr(g, field), tone, form, share=g.share)
            for role, (field, tone, form) in looks.items()
            if getattr(g, field) is not None or role == "student"
        }
        student = made.pop("student", None) or dot(label, None, "s0", "circle")
        dots.append(replace(student, beside=[replace(one, title=f"{role}, {one.title}") for role, one in made.items()]))
    return many_rows(dots, score_axis(rows, f"test {name}"), looks, f"test {name} of every role", note, rows)


def many_rows(
    dots: Sequence[Dot], x: Axis, looks: Mapping[str, tuple[str, str, str]], about: str, note: str,
    rows: Sequence[Group], rules: Sequence[float] = (),
) -> Figure:  # fmt: skip
    """One panel of rows, its legend, and what it leaves out."""
    pairs = unique_pairs(rows)
    title = " \u2192 ".join(pairs[0]) if len(pairs) == 1 else ""
    label = f"{about}, one row for each of {len(rows)} results; the values are in the table below"
    legend = [Series(label=role, marks=[], tone=tone, shape=form, joined=False, size=4.2)
              for role, (_, tone, form) in looks.items()]  # fmt: skip
    return Figure(charts=[DotPlot(title=title, label=label, x=x, dots=dots, rules=rules)], legend=legend, note=note)
