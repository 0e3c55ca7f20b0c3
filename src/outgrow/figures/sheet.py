"""A whole figure as one picture: title, legend, charts side by side."""

from __future__ import annotations

from collections.abc import Sequence

from outgrow.figures.charts import Figure, LineChart, Series
from outgrow.figures.dots import draw_dots
from outgrow.figures.lines import draw_lines
from outgrow.figures.shapes import LEADING, Picture, Shape, Stroke, Words, marker, moved, width_of, wrap

ACROSS, GAP, MARGIN = 3, 28, 16  # charts in a row at most; pixels between them, and around all


def draw_sheet(figure: Figure, title: str) -> Picture:
    """The picture of a file: what a page would show as heading, legend and charts."""
    drawn = [draw_lines(one) if isinstance(one, LineChart) else draw_dots(one) for one in figure.charts]
    across = min(len(drawn), ACROSS)
    step = max(one.width for one in drawn) + GAP
    width = 2 * MARGIN + across * step - GAP
    shapes: list[Shape] = []
    at = float(MARGIN)
    for words in wrap(title, width - 2 * MARGIN):
        shapes.append(Words(x=MARGIN, y=at + 12, text=words, tone="ink", bold=True))
        at += LEADING + 2
    at = _legend(figure.legend, shapes, at + 4, width)
    for first in range(0, len(drawn), across):
        row = drawn[first : first + across]
        for k, one in enumerate(row):
            shapes += [moved(shape, MARGIN + k * step, at) for shape in one.shapes]
        at += max(one.height for one in row) + 12
    for words in wrap(figure.note, width - 2 * MARGIN) if figure.note else []:
        shapes.append(Words(x=MARGIN, y=at + 12, text=words))
        at += LEADING
    label = f"{title}: " + "; ".join(dict.fromkeys(one.label for one in drawn))
    return Picture(width=width, height=at + MARGIN - 12, label=label, shapes=shapes)


def _legend(legend: Sequence[Series], shapes: list[Shape], at: float, width: float) -> float:
    x = float(MARGIN)
    for series in legend:
        needed = 36 + width_of(series.label) + 16
        if x > MARGIN and x + needed > width - MARGIN:
            x, at = float(MARGIN), at + LEADING + 4
        if series.joined:
            ends = ((x, at + 8), (x + 26, at + 8))
            shapes.append(Stroke(points=ends, tone=series.tone, width=1.8, dash=series.dash))
        shapes.append(marker(series.shape, x + 13, at + 8, series.size, series.tone))
        shapes.append(Words(x=x + 34, y=at + 12, text=series.label, tone="ink"))
        x += needed
    return at + (LEADING + 10 if legend else 0)
