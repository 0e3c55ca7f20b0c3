"""A training's curve as a chart."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.figures.axes import Axis
from outgrow.figures.charts import LineChart, Mark, Series
from outgrow.figures.marks import place_of
from outgrow.figures.words import percent
from outgrow.results.table import Group


def curve_chart(g: Group, x: Axis, y: Axis) -> LineChart:
    """Accuracy of student and ceiling, and the student's agreement with its labels, along training."""
    curve, ceiling = g.curves["student"], g.curves.get("ceiling", [])
    best = max(curve, key=lambda p: p.accuracy)
    right = [(p.progress, p.accuracy) for p in curve]
    follows = [(p.progress, p.agreement) for p in curve if p.agreement is not None]
    truth = [(p.progress, p.accuracy) for p in ceiling]
    series = [
        Series(label="ceiling", tone="ink", shape="diamond", size=2.4, marks=along("ceiling", truth)),
        Series(label="agreement", tone="s1", shape="square", dash="5 3", size=2, marks=along("agreement", follows)),
        Series(label="student", tone="s0", size=2.8, marks=along("student", right), ring=best.progress),
    ]
    about = f"validation accuracy along training, {place_of(g)}; the values are in the table below"
    shown = [one for one in series if one.marks]
    return LineChart(title=g.method, label=about, x=x, y=y, series=shown, direct=True)


def along(what: str, points: Sequence[tuple[float, float]]) -> list[Mark]:
    """Marks along a training, each with its words."""
    return [Mark(x=x, y=y, title=f"{what} at {percent(x, 0)} of training: {percent(y)}") for x, y in points]
