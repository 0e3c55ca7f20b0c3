"""What happens along training: does the student come to fit its supervisor's mistakes?"""

from __future__ import annotations

import math

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures.axes import Axis, linear_axis
from outgrow.figures.charts import Figure
from outgrow.figures.chosen import PANELS, chosen
from outgrow.figures.curves import curve_chart
from outgrow.figures.words import headline, percent, tick_percent
from outgrow.results.table import Group

COLUMNS = ("method", "role", "progress", "accuracy", "agreement", "loss", "rate", "gradient_norm")
TICKS = [(k / 4, f"{25 * k}\u202f%") for k in range(5)]


def training(study: Study) -> Panel | None:
    """Validation accuracy and agreement along training, of the headline pair."""
    if not (pair := [g for g in headline(study.groups) if g.curves.get("student")]):
        return None
    every = [(g, role, point) for g in pair for role in ("student", "ceiling") for point in g.curves.get(role, [])]
    values = [v for _, _, p in every for v in (p.accuracy, p.agreement) if v is not None]
    y = linear_axis(values, "share of validation examples", tick_percent, within=(0, 1))
    x = Axis(low=0, high=1, label="share of training done", ticks=TICKS)
    shown, note = chosen(pair, PANELS)
    charts = [curve_chart(g, x, y) for g in shown]
    legend = {s.label: s for chart in charts for s in chart.series}
    return Panel(
        title="Along training",
        words=f"{pair[0].weak} \u2192 {pair[0].strong}: accuracy on validation examples against ground truth while "
        "training (solid), and agreement with the weak labels (dashed). These are means over seeds, without intervals. "
        "At 0\u00a0% the model is untrained (zero-shot). Accuracy that falls while agreement rises is a student "
        "learning its supervisor's mistakes. The ringed point is the best. It was found with ground truth, so it "
        "flatters: scores elsewhere on this page are from the end of training.",
        notes=[_note(g) for g in shown],
        figure=Figure(charts=charts, legend=list(legend.values()), note=note),
        columns=COLUMNS,
        rows=[(g.method, role, *(getattr(point, name) for name in COLUMNS[2:])) for g, role, point in every],
    )


def _note(g: Group) -> str:
    curve = g.curves["student"]
    best, final = max(curve, key=lambda p: p.accuracy), max(curve, key=lambda p: p.progress)
    where = "at the end" if best is final else f"at {percent(best.progress, 0)} of training"
    lost = "" if best is final else f", {100 * (best.accuracy - final.accuracy):.1f} points below its best"
    noise = 1.96 * math.sqrt(best.accuracy * (1 - best.accuracy) / best.n) if best.n else 0.0
    known = f" (\u00b1{100 * noise:.1f} points from the {best.n:,} validation examples alone)" if best.n else ""
    losses = [p.loss for p in curve if p.loss is not None]
    fell = f" Its training loss went from {losses[0]:.3f} to {losses[-1]:.3f}." if len(losses) > 1 else ""
    return f"{g.method}: best {percent(best.accuracy)} {where}, final {percent(final.accuracy)}{lost}{known}.{fell}"


analyses.add(
    "training", training, about="accuracy and agreement along training: does the student overfit weak labels?",
    source="Burns et al. 2023, fig. 13",
)  # fmt: skip
