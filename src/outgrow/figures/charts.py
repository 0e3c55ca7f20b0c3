"""Figures as values: charts with their marks, before anything is drawn.

Colours are names (`ink`, `grey`, `s0` to `s5`), lengths are pixels at the size the figure is meant to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.figures.axes import Axis

WIDTH = 326.0  # of a chart: text of 12 pixels has 11 on a telephone of 320
SHAPES = ("circle", "square", "triangle", "diamond", "down", "plus")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point: `y` None means that there is no value, and a hollow cross in the strip below the plot says so."""

    x: float
    y: float | None
    title: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Series:
    """Marks of one look.

    `dash` is an SVG dash array, and `ring` circles the mark at that x. `aside` moves marks apart that share an x with
    those of other such lines, so that their error bars do not overlap.
    """

    label: str
    marks: list[Mark]
    tone: str
    shape: str = "circle"
    dash: str = ""
    joined: bool = True
    size: float = 3.4
    ring: float | None = None
    aside: bool = False


@dataclass(frozen=True, kw_only=True)
class LineChart:
    """Lines with error bars.

    Args:
        label: what a screen reader says.
        names: what to write above the plot, at an x each (the models there); one that would overlap is left out.
        rules: values of y to draw a reference line at.
        direct: write each line's label at its right end.
        dodge: pixels between marks that move aside for each other.
    """

    title: str
    label: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    width: float = WIDTH
    height: float = 270
    names: Sequence[tuple[float, str]] = ()
    rules: Sequence[float] = ()
    direct: bool = False
    dodge: float = 0


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One row of a dot plot: a label, what to write at its right, and the value with its interval (None: a cross).

    `beside` are more dots on the same row; only their values, looks and titles count.
    """

    label: str
    value: float | None
    words: str
    title: str
    low: float | None = None
    high: float | None = None
    tone: str = "s0"
    shape: str = "circle"
    beside: Sequence[Dot] = ()


@dataclass(frozen=True, kw_only=True)
class DotPlot:
    """A value with its interval per row; each row's label stands above it, so long names fit a narrow screen.

    Args:
        label: what a screen reader says.
        rules: values of x to draw a reference line at.
        band: a stretch of x to shade.
    """

    title: str
    label: str
    x: Axis
    dots: Sequence[Dot]
    rules: Sequence[float] = ()
    band: tuple[float, float] | None = None
    width: float = WIDTH


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Charts side by side, with the lines' legend.

    `note` says what the figure leaves out.
    """

    charts: Sequence[LineChart | DotPlot]
    legend: Sequence[Series] = ()
    note: str = ""
