"""A dot plot drawn: one or several values with their intervals per row, each row's label above it."""

from __future__ import annotations

from outgrow.figures.axes import Axis
from outgrow.figures.charts import Dot, DotPlot
from outgrow.figures.shapes import (
    LEADING,
    Fill,
    Picture,
    Shape,
    Stroke,
    Told,
    Words,
    cross,
    line,
    marker,
    width_of,
    wrap,
)

LEFT, RIGHT = 8.0, 10.0  # margins
APART = 6.0  # pixels between dots of one row, so that their intervals can be told apart


def draw_dots(plot: DotPlot) -> Picture:
    """Rows from top to bottom over one axis."""
    x, left, right = plot.x, LEFT, plot.width - RIGHT
    shapes: list[Shape] = []
    titles = wrap(plot.title, right) if plot.title else []
    for k, words in enumerate(titles):
        shapes.append(Words(x=left, y=14 + LEADING * k, text=words, tone="ink", bold=True))
    top = 10.0 + LEADING * len(titles)
    rows, at = [], top
    for dot in plot.dots:
        labels = wrap(dot.label, right - left)
        beside = width_of(labels[-1]) + width_of(dot.words) + 12 <= right - left
        height = LEADING * (len(labels) + (not beside and bool(dot.words)))
        middle = at + height + 12 + APART * len(dot.beside) / 2
        rows.append((dot, labels, at, height, middle))
        at = middle + 12 + APART * len(dot.beside) / 2
    floor = at + 2
    if plot.band:
        start, end = sorted(x.place(value, left, right) for value in plot.band)
        corners = ((start, top), (end, top), (end, floor), (start, floor))
        shapes.append(Fill(points=corners, tone="rule", opacity=0.45))
    for value, words in x.ticks:
        tick = x.place(value, left, right)
        anchor = "start" if tick < left + 8 else "end" if tick > right - 8 else "middle"
        edge = {"start": -LEFT, "end": RIGHT, "middle": 0.0}[anchor]
        shapes.append(line(tick, floor, tick, floor + 4, "grey"))
        shapes.append(Words(x=tick + edge, y=floor + 17, text=words, anchor=anchor))
    shapes.append(line(left, floor, right, floor, "grey"))
    for dot, labels, start, height, at in rows:
        shapes.append(line(left, at, right, at, "rule"))
        shapes += [line(x.place(v, left, right), at - 7, x.place(v, left, right), at + 7, "grey") for v in plot.rules]
        for k, words in enumerate(labels):
            shapes.append(Words(x=left, y=start + 11 + LEADING * k, text=words, tone="ink"))
        if dot.words:
            shapes.append(Words(x=right, y=start + height - 3, text=dot.words, anchor="end"))
        first = at - APART * len(dot.beside) / 2
        shapes += [_told(one, x, left, right, first + APART * k) for k, one in enumerate((*dot.beside, dot))]
    shapes.append(Words(x=(left + right) / 2, y=floor + 35, text=x.label, anchor="middle"))
    return Picture(width=plot.width, height=floor + 42, label=plot.label, shapes=shapes)


def _told(dot: Dot, x: Axis, left: float, right: float, at: float) -> Told:
    if dot.value is None:
        return Told(title=dot.title, shapes=cross(left + 4, at, dot.tone))
    body: list[Stroke | Fill] = []
    if dot.low is not None and dot.high is not None:
        low, high = x.place(dot.low, left, right), x.place(dot.high, left, right)
        body.append(line(low, at, high, at, dot.tone, width=1.8))
    return Told(title=dot.title, shapes=(*body, marker(dot.shape, x.place(dot.value, left, right), at, 4.2, dot.tone)))
