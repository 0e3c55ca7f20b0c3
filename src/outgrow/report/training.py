"""The figure of what happens along training: does the student come to fit its supervisor's mistakes?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from outgrow.report import svg
from outgrow.report.marks import (
    figure,
    place_of,
)
from outgrow.report.svg import Axis, Mark, Series, esc
from outgrow.report.words import (
    headline,
    percent,
    tick_percent,
)
from outgrow.results.table import CurvePoint, Group


def right(curve: Sequence[CurvePoint]) -> list[tuple[float, float]]:
    """Accuracy against the share of the training done."""
    return [(p.progress, p.accuracy) for p in curve]


def along(what: str, points: Sequence[tuple[float, float]]) -> list[Mark]:
    """Marks along a training, each with its words."""
    return [Mark(x=x, y=y, title=f"{what} at {percent(x, 0)} of training: {percent(y)}") for x, y in points]


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
        curve, ceiling = g.curves["student"], g.curves.get("ceiling", [])
        best, final = max(curve, key=lambda p: p.accuracy), max(curve, key=lambda p: p.progress)
        follows = [(p.progress, p.agreement) for p in curve if p.agreement is not None]
        series = [
            Series(label="ceiling", tone="ink", shape="diamond", size=2.4, marks=along("ceiling", right(ceiling))),
            Series(label="agreement", tone="s1", shape="square", dash="5 3", size=2, marks=along("agreement", follows)),
            Series(label="student", tone="s0", size=2.8, marks=along("student", right(curve)), ring=best.progress),
        ]
        series = [s for s in series if s.marks]
        about = f"validation accuracy along training, {place_of(g)}"
        panels.append(
            svg.line_chart(
                title=g.method, label=about, x=x, y=y, series=series, direct=True, width=370 if len(pair) > 1 else 430
            )
        )
        legend += series
        noise = 1.96 * math.sqrt(best.accuracy * (1 - best.accuracy) / best.n) if best.n else math.nan
        where = "at the end" if best is final else f"at {percent(best.progress, 0)} of training"
        lost = "" if best is final else f", {100 * (best.accuracy - final.accuracy):.1f} points below its best"
        known = f" (\u00b1{100 * noise:.1f} points from the {best.n:,} validation examples alone)"
        slack = "" if math.isnan(noise) else known
        losses = [p.loss for p in curve if p.loss is not None]
        fell = f" Its training loss went from {losses[0]:.3f} to {losses[-1]:.3f}." if len(losses) > 1 else ""
        notes.append(
            f"<li><strong>{esc(g.method)}</strong>: best {percent(best.accuracy)} {where}, final "
            f"{percent(final.accuracy)}{lost}{slack}.{fell}</li>"
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
