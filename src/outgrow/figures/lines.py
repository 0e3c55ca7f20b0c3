"""A line chart drawn: lines with error bars, the names above, crosses where there is no value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from outgrow.figures.charts import LineChart, Mark, Series
from outgrow.figures.shapes import (
    LEADING,
    Disc,
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


def draw_lines(chart: LineChart) -> Picture:
    """Lines over two axes."""
    x, y, series, width, names = chart.x, chart.y, chart.series, chart.width, chart.names
    titles = wrap(chart.title, width - 8)
    shapes: list[Shape] = [
        Words(x=0, y=14 + LEADING * k, text=words, tone="ink", bold=True) for k, words in enumerate(titles)
    ]
    extra = LEADING * (len(titles) - 1)
    left, top, height = 58.0, (50.0 if names else 30.0) + extra, chart.height + extra
    right = 12 + (max((width_of(s.label) for s in series), default=0) if chart.direct else 0)
    gone = any(mark.y is None for s in series for mark in s.marks)
    x0, x1, floor = left, width - right, height - 42
    y0, y1 = floor - (20 if gone else 4), top
    middle = (y0 + y1) / 2
    shapes.append(Words(x=11, y=middle, text=y.label, anchor="middle", turned=True))
    for value, words in y.ticks:
        at = y.place(value, y0, y1)
        shapes += [line(x0, at, x1, at, "rule"), Words(x=x0 - 6, y=at + 4, text=words, anchor="end")]
    shapes += [line(x0, y.place(v, y0, y1), x1, y.place(v, y0, y1), "grey", dash="5 3") for v in chart.rules]
    if gone:
        shapes.append(Words(x=x0 - 6, y=floor - 5, text="no PGR", anchor="end"))
    shapes.append(line(x0, floor, x1, floor, "grey"))
    written = -math.inf
    for value, words in x.ticks:
        at, half = x.place(value, x0, x1), width_of(words) / 2
        shapes.append(line(at, floor, at, floor + 4, "grey"))
        place = min(at, width - half)
        if place - half > written:
            shapes.append(Words(x=place, y=floor + 17, text=words, anchor="middle"))
            written = place + half + 4
    label = Words(x=min((x0 + x1) / 2, width - width_of(x.label) / 2), y=height - 6, text=x.label, anchor="middle")
    shapes += [label, *_names(names, [x.place(value, x0, x1) for value, _ in names], top, width)]
    ends: list[tuple[float, Series]] = []
    shift = Aside(chart, x0, x1)
    for s in series:
        path: list[tuple[float, float]] = []
        told: list[Told] = []
        for mark in sorted(s.marks, key=lambda mark: mark.x):
            at = x.place(mark.x, x0, x1) + shift(s, mark)
            if mark.y is None:
                told.append(Told(title=mark.title, shapes=cross(at, floor - 9, s.tone)))
                continue
            up = y.place(mark.y, y0, y1)
            path.append((at, up))
            body: list[Stroke | Fill | Disc] = []
            if mark.low is not None and mark.high is not None:
                body.append(line(at, y.place(mark.low, y0, y1), at, y.place(mark.high, y0, y1), s.tone, width=1.2))
            body.append(marker(s.shape, at, up, s.size, s.tone))
            if s.ring == mark.x:
                body.append(Disc(x=at, y=up, radius=7, tone=s.tone, ring=True))
            told.append(Told(title=mark.title, shapes=tuple(body)))
        if s.joined and len(path) > 1:
            shapes.append(Stroke(points=tuple(path), tone=s.tone, width=1.8, dash=s.dash))
        shapes += told
        if path:
            ends.append((path[-1][1], s))
    if chart.direct:
        shapes += [Words(x=x1 + 8, y=at + 4, text=s.label, tone=s.tone) for at, s in spread(ends, y1, floor)]
    return Picture(width=width, height=height, label=chart.label, shapes=shapes)


def _names(names: Sequence[tuple[float, str]], places: Sequence[float], top: float, width: float) -> list[Shape]:
    """Names above the plot, from the right; one that would overlap is left out."""
    shapes: list[Shape] = []
    taken: list[tuple[float, float]] = []
    for at, (_, words) in sorted(zip(places, names, strict=True), reverse=True):
        half = width_of(words) / 2
        shapes.append(line(at, top - 4, at, top, "grey"))
        middle = min(at, width - half)
        if all(abs(middle - other) > half + room + 4 for other, room in taken):
            shapes.append(Words(x=middle, y=top - 8, text=words, anchor="middle", tone="ink"))
            taken.append((middle, half))
    return shapes


class Aside:
    """How far marks of several lines move apart that share an x, so that their error bars do not overlap."""

    def __init__(self, chart: LineChart, x0: float, x1: float) -> None:
        self.chart = chart
        self.crowd: dict[tuple[float, bool], list[str]] = {}  # the lines with a mark, or a cross, at an x
        for s in chart.series:
            for mark in s.marks if s.aside else []:
                self.crowd.setdefault((mark.x, mark.y is None), []).append(s.label)
        places = sorted({chart.x.place(mark.x, x0, x1) for s in chart.series if s.aside for mark in s.marks})
        gaps = [after - before for before, after in itertools.pairwise(places)]
        nearest = min((gap for gap in gaps if gap > 2), default=math.inf)  # less cannot be told apart anyway
        most = max((len(here) for here in self.crowd.values()), default=1)
        self.room = 0.7 * nearest / most  # or marks would seem to be of the next size

    def __call__(self, s: Series, mark: Mark) -> float:
        if not s.aside:
            return 0.0
        here = self.crowd[(mark.x, mark.y is None)]
        step = min(self.chart.dodge if mark.y is not None else 8, self.room)
        return (here.index(s.label) - (len(here) - 1) / 2) * step


def spread(
    ends: Sequence[tuple[float, Series]], top: float, bottom: float, gap: float = 14
) -> list[tuple[float, Series]]:
    """Labels moved apart so that none overlaps the next, as near their own line's end as that allows."""
    placed = sorted(ends, key=lambda end: end[0])
    heights = [at for at, _ in placed]
    for _ in range(60):
        for k in range(len(heights) - 1):
            short = gap - (heights[k + 1] - heights[k])
            if short > 0:
                heights[k], heights[k + 1] = heights[k] - short / 2, heights[k + 1] + short / 2
    shift = max(0.0, top - heights[0]) - max(0.0, heights[-1] - bottom) if heights else 0.0
    return [(at + shift, s) for at, (_, s) in zip(heights, placed, strict=True)]
