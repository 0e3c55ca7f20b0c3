"""Charts drawn: axes and lines with error bars, as inline SVG text.

Colours are CSS classes (`ink`, `grey`, `s0` to `s5`) that set `color`; shapes draw in `currentColor`, so one SVG serves
light, dark and print. Lengths are CSS pixels at the size the figure is meant to be shown.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence

from outgrow.figures.charts import LineChart, Series
from outgrow.figures.words import CHARACTER, shorten

CONTROL = {code: "\ufffd" for code in range(32) if code not in (9, 10, 13)}  # not allowed in XML


def esc(text: object) -> str:
    """Outside text, safe in HTML and SVG, inside tags and inside quoted attributes."""
    return html.escape(str(text).translate(CONTROL), quote=True)


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


def line_chart(chart: LineChart) -> str:
    """Lines with error bars."""
    x, y, series, width, height, names = chart.x, chart.y, chart.series, chart.width, chart.height, chart.names
    left, top, bottom = 60.0, 48.0 if names else 30.0, 40.0
    right = 12 + (max((len(s.label) for s in series), default=0) * CHARACTER if chart.direct else 0)
    gone = any(mark.y is None for s in series for mark in s.marks)
    x0, x1, floor = left, width - right, height - bottom
    y0, y1 = floor - (20 if gone else 4), top
    parts = [text(0, 14, shorten(chart.title, int(width / CHARACTER) - 4), tone="ink title")]
    middle = f' transform="rotate(-90 10 {(y0 + y1) / 2:.1f})"'
    parts.append(text(10, (y0 + y1) / 2, y.label, anchor="middle", extra=middle))
    for value, words in y.ticks:
        at = y.place(value, y0, y1)
        parts += [line(x0, at, x1, at, "rule"), text(x0 - 6, at + 3.5, words, anchor="end")]
    parts += [line(x0, y.place(v, y0, y1), x1, y.place(v, y0, y1), "grey", dash="5 3") for v in chart.rules]
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
                step = min(chart.dodge if mark.y is not None else 8, room_each)
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
    if chart.direct:
        parts += [text(x1 + 8, at + 3.5, s.label, tone=s.tone) for at, s in spread(ends, y1, floor)]
    return picture(width, height, chart.label, parts)


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
