"""The share of the gap recovered: against student size, or per method where there is one size."""

from __future__ import annotations

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures import sized
from outgrow.figures.charts import DotPlot, Figure
from outgrow.figures.marks import has_sizes, pgr_dot, unique_pairs
from outgrow.figures.words import pair_of


def recovered(study: Study) -> Panel:
    """PGR with its interval, or the verdict in its place."""
    groups = study.groups
    axis, cut = sized.pgr_axis(groups)
    many = has_sizes(groups)
    where = "in the row below marks a pair whose PGR must not be read; point at it for the reason"
    words = (
        "0 is no better than the supervisor, 1 as good as the ceiling. Bars are 95\u00a0% intervals. A cross "
        f"{where if many else 'stands where there is no number'}."
    )
    charts = [
        DotPlot(
            title=" \u2192 ".join(pair), label="performance gap recovered per method; the values are in the table",
            x=axis, dots=[pgr_dot(g) for g in groups if pair_of(g) == pair], rules=(0, 1),
        )
        for pair in unique_pairs(groups)
    ]  # fmt: skip
    return Panel(
        title=f"Performance gap recovered{' against student size' if many else ''}",
        words=words + (" Bars that reach the edge go on beyond it; the table has their ends." if cut else ""),
        figure=sized.pgr_lines(groups, axis) if many else Figure(charts=charts),
        columns=("weak", "strong", "method", "verdict", "pgr", "low", "high"),
        rows=[
            (g.weak, g.strong, g.method, g.verdict, *((at.value, at.low, at.high) if at else (None, None, None)))
            for g in groups
            for at in [g.pgr if g.verdict == "ok" else None]
        ],
    )


analyses.add(
    "recovered", recovered, about="performance gap recovered (PGR), against student size",
    source="Burns et al. 2023, fig. 3",
)  # fmt: skip
