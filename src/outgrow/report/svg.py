"""A small chart primitive: axes and lines with error bars, as inline SVG text.

Colours are CSS classes (`ink`, `grey`, `s0` to `s5`) that set `color`; shapes draw in `currentColor`, so one SVG serves
light, dark and print. Lengths are CSS pixels at the size the figure is meant to be shown.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SHAPES = ("circle", "square", "triangle", "diamond", "down", "plus")
CHARACTER = 6.5  # mean width of a character at the 11 px the labels are set in
CONTROL = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)}  # not allowed in XML


def esc(text: object) -> str:
    """Outside text, safe in HTML and SVG, inside tags and inside quoted attributes."""
    return html.escape(str(text).translate(CONTROL), quote=True)


def shorten(text: str, characters: int) -> str:
    """The text, cut in the middle to at most so many characters."""
    if len(text) <= characters:
        return text
    head = (characters - 1) * 2 // 3
    return f"{text[:head]}\u2026{text[len(text) - (characters - 1 - head) :]}"


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A scale with its ticks: values from `low` to `high`, placed linearly or by logarithm."""

    low: float
    high: float
    label: str
    ticks: list[tuple[float, str]]
    log: bool = False

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between the pixels `start` and `end`; a value off the scale lies on its edge."""
        value = min(max(value, self.low), self.high)
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        return start + (end - start) * ((math.log10(value) if self.log else value) - low) / (high - low)


def linear_axis(
    values: Sequence[float],
    label: str,
    show: Callable[[float], str],
    *,
    about: int = 5,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Axis:
    """A linear axis over the values, ending on round ticks, about so many of them, and never beyond `within`."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high - low < 0.02:
        low, high = low - 0.02, high + 0.02
    raw = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(step * k, 10) for k in range(first, last + 1)]
    ticks = [tick for tick in ticks if within[0] <= tick <= within[1]]
    return Axis(low=ticks[0], high=ticks[-1], label=label, ticks=[(tick, show(tick)) for tick in ticks])


def log_axis(values: Sequence[float], label: str, show: Callable[[float], str]) -> Axis:
    """A logarithmic axis with a margin on both sides; values not above zero lie on its left edge."""
    logs = [math.log10(value) for value in values if value > 0] or [0.0, 1.0]
    span = max(max(logs) - min(logs), 0.3)
    low, high = min(logs) - 0.08 * span, max(logs) + 0.08 * span
    factors = (1,) if span > 1.6 else (1, 3) if span > 0.9 else (1, 2, 5)
    ticks = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in factors]
    ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
    while len(ticks) > 6:
        ticks = ticks[::2]
    return Axis(low=10**low, high=10**high, label=label, log=True, ticks=[(tick, show(tick)) for tick in ticks])


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


def shape(name: str, x: float, y: float, r: float) -> str:
    """A marker about `r` in radius, filled in the current colour."""
    points = {
        "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        "triangle": [(0, -1.25), (1.15, 0.85), (-1.15, 0.85)],
        "down": [(0, 1.25), (1.15, -0.85), (-1.15, -0.85)],
        "diamond": [(0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)],
        "plus": [
            (-0.4, -1.3),
            (0.4, -1.3),
            (0.4, -0.4),
            (1.3, -0.4),
            (1.3, 0.4),
            (0.4, 0.4),
            (0.4, 1.3),
            (-0.4, 1.3),
            (-0.4, 0.4),
            (-1.3, 0.4),
            (-1.3, -0.4),
            (-0.4, -0.4),
        ],
        "bar": [(-2.6, -0.35), (2.6, -0.35), (2.6, 0.35), (-2.6, 0.35)],
    }
    if name not in points:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="currentColor"/>'
    corners = " ".join(f"{x + r * dx:.1f},{y + r * dy:.1f}" for dx, dy in points[name])
    return f'<polygon points="{corners}" fill="currentColor"/>'


def cross(x: float, y: float) -> str:
    """A hollow cross: there is no number here."""
    return f'<path d="M{x - 3:.1f},{y - 3:.1f}l6,6m0,-6l-6,6" fill="none" stroke="currentColor" stroke-width="1.2"/>'


def line(x1: float, y1: float, x2: float, y2: float, tone: str, *, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{tone}" {ends} stroke="currentColor" stroke-width="{width}"{dashes}/>'


def text(x: float, y: float, words: str, *, anchor: str = "start", tone: str = "grey", extra: str = "") -> str:
    """One line of text; the words are escaped here."""
    return f'<text class="{tone}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{esc(words)}</text>'


def picture(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    """The SVG element around its parts; `label` is what a screen reader says."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width * 1.12:.0f}px"'
    return f'<svg {size} role="img" aria-label="{esc(label)}">\n' + "\n".join(parts) + "\n</svg>"


def swatch(series: Series) -> str:
    """A sample of the line and its marker, for a legend."""
    dashes = f' stroke-dasharray="{series.dash}"' if series.dash else ""
    stroke = f'<path d="M1,6H27" stroke="currentColor" stroke-width="1.8"{dashes}/>' if series.joined else ""
    marker = shape(series.shape, 14, 6, series.size)
    return f'<svg class="swatch {series.tone}" viewBox="0 0 28 12" aria-hidden="true">{stroke}{marker}</svg>'


def line_chart(
    *,
    title: str,
    label: str,
    x: Axis,
    y: Axis,
    series: Sequence[Series],
    width: float = 340,
    height: float = 270,
    names: Sequence[tuple[float, str]] = (),
    rules: Sequence[float] = (),
    direct: bool = False,
    dodge: float = 0,
) -> str:
    """Lines with error bars.

    Args:
        names: what to write above the plot, at an x each (the models there); one that would overlap is left out.
        rules: values of y to draw a reference line at.
        direct: write each line's label at its right end.
        dodge: pixels between marks that move aside for each other.
    """
    left, top, bottom = 60.0, 48.0 if names else 30.0, 40.0
    right = 12 + (max((len(s.label) for s in series), default=0) * CHARACTER if direct else 0)
    gone = any(mark.y is None for s in series for mark in s.marks)
    x0, x1, floor = left, width - right, height - bottom
    y0, y1 = floor - (20 if gone else 4), top
    parts = [text(0, 14, shorten(title, int(width / CHARACTER) - 4), tone="ink title")]
    middle = f' transform="rotate(-90 10 {(y0 + y1) / 2:.1f})"'
    parts.append(text(10, (y0 + y1) / 2, y.label, anchor="middle", extra=middle))
    for value, words in y.ticks:
        at = y.place(value, y0, y1)
        parts += [line(x0, at, x1, at, "rule"), text(x0 - 6, at + 3.5, words, anchor="end")]
    parts += [line(x0, y.place(v, y0, y1), x1, y.place(v, y0, y1), "grey", dash="5 3") for v in rules]
    if gone:
        parts.append(text(x0 - 6, floor - 5, "no PGR", anchor="end"))
    parts.append(line(x0, floor, x1, floor, "grey"))
    for value, words in x.ticks:
        at = x.place(value, x0, x1)
        parts += [line(at, floor, at, floor + 4, "grey"), text(at, floor + 16, words, anchor="middle")]
    parts.append(text((x0 + x1) / 2, height - 6, x.label, anchor="middle"))
    taken: list[tuple[float, float]] = []
    for value, words in sorted(names, reverse=True):
        at, half = x.place(value, x0, x1), len(words) * CHARACTER / 2
        parts.append(line(at, top - 4, at, top, "grey"))
        middle_of_words = min(at, width - half)
        if all(abs(middle_of_words - other) > half + room + 4 for other, room in taken):
            parts.append(text(middle_of_words, top - 8, words, anchor="middle", tone="ink"))
            taken.append((middle_of_words, half))
    crowd: dict[
        tuple[float, bool], list[str]
    ] = {}  # who moves aside for whom: the lines with a mark, or a cross, there
    for s in series:
        for mark in s.marks if s.aside else []:
            crowd.setdefault((mark.x, mark.y is None), []).append(s.label)
    places = sorted({x.place(mark.x, x0, x1) for s in series if s.aside for mark in s.marks})
    gaps = [after - before for before, after in itertools.pairwise(places)]
    nearest = min((gap for gap in gaps if gap > 2), default=math.inf)  # less cannot be told apart anyway
    most = max((len(here) for here in crowd.values()), default=1)
    room_each = 0.7 * nearest / most  # or marks would seem to be of the next size
    ends: list[tuple[float, Series]] = []
    for s in series:
        drawn, path = [], []
        for mark in sorted(s.marks, key=lambda mark: mark.x):
            at, here = x.place(mark.x, x0, x1), crowd.get((mark.x, mark.y is None), [])
            if s.aside:
                step = min(dodge if mark.y is not None else 8, room_each)
                at += (here.index(s.label) - (len(here) - 1) / 2) * step
            if mark.y is None:
                body = cross(at, floor - 9)
            else:
                up = y.place(mark.y, y0, y1)
                path.append(f"{at:.1f},{up:.1f}")
                body = shape(s.shape, at, up, s.size)
                if mark.low is not None and mark.high is not None:
                    low, high = y.place(mark.low, y0, y1), y.place(mark.high, y0, y1)
                    body = line(at, low, at, high, s.tone, width=1.2) + body
                if s.ring == mark.x:
                    body += f'<circle cx="{at:.1f}" cy="{up:.1f}" r="7" fill="none" stroke="currentColor"/>'
            drawn.append(f"<g><title>{esc(mark.title)}</title>{body}</g>")
        dashes = f' stroke-dasharray="{s.dash}"' if s.dash else ""
        if s.joined and len(path) > 1:
            points = f'points="{" ".join(path)}" fill="none" stroke="currentColor" stroke-width="1.8"'
            drawn.insert(0, f"<polyline {points}{dashes}/>")
        if path:
            ends.append((float(path[-1].split(",")[1]), s))
        parts.append(f'<g class="{s.tone}">' + "".join(drawn) + "</g>")
    if direct:
        parts += [text(x1 + 8, at + 3.5, s.label, tone=s.tone) for at, s in spread(ends, y1, floor)]
    return picture(width, height, label, parts)


def spread(
    ends: Sequence[tuple[float, Series]], top: float, bottom: float, gap: float = 13
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
