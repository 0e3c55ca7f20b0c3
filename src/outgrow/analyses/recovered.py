"""The share of the gap recovered: against student size, or per method where there is one size."""

from __future__ import annotations

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.figures import sized
from outgrow.figures.marks import has_sizes
from outgrow.figures.pairs import pgr_dots


def recovered(study: Study) -> Panel:
    """PGR with its interval, or the verdict in its place."""
    groups = study.groups
    axis, cut = sized.pgr_axis(groups)
    many = has_sizes(groups)
    where = "in the row below marks a pair whose PGR must not be read; the values say why"
    words = (
        "0 is no better than the supervisor, 1 as good as the ceiling. Bars are 95\u00a0% intervals. A cross "
        f"{where if many else 'stands where there is no number'}."
    )
    figure = sized.pgr_lines(groups, axis) if many else pgr_dots(groups, axis)
    return Panel(
        title=f"Performance gap recovered{' against student size' if many else ''}",
        words=words + (" Bars that reach the edge go on beyond it; the table has their ends." if cut else ""),
        figure=figure,
        columns=("weak", "strong", "method", "pgr", "low", "high", "verdict", "why"),
        rows=[
            (g.weak, g.strong, g.method, *((at.value, at.low, at.high) if at else (None, None, None)), g.verdict, g.why)
            for g in groups
            for at in [g.pgr if g.verdict == "ok" else None]
        ],
    )


analyses.add(
    "recovered", recovered, about="performance gap recovered (PGR), against student size",
    source="Burns et al. 2023, fig. 3",
)  # fmt: skip
