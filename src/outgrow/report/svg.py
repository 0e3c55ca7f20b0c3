"""Pictures as SVG text, inline in a page or as a file of its own; and the one place that makes outside text safe.

In a page, colours are CSS classes (`ink`, `grey`, `s0` to `s5`) that set `color`, and shapes draw in `currentColor`:
one SVG serves light, dark and print. A file of its own has its colours and font in it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

from outgrow.figures.charts import DotPlot, LineChart, Series
from outgrow.figures.dots import draw_dots
from outgrow.figures.lines import draw_lines
from outgrow.figures.shapes import SIZE, Disc, Fill, Picture, Shape, Stroke, Told, marker
from outgrow.plain import TURNING

NEITHER = (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000))  # in XML or in UTF-8
CONTROL: dict[int, str] = dict.fromkeys(NEITHER, "\ufffd")
CONTROL |= {ord(mark): f"\\u{ord(mark):04x}" for mark in TURNING}  # as TOML and JSON spell them
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, DejaVu Sans, sans-serif"

Paint = Callable[[str], str]
"""A tone as attributes of an element that draws in `currentColor`."""


def esc(text: object) -> str:
    """Outside text, safe in HTML and SVG, inside tags and inside quoted attributes."""
    return html.escape(str(text).translate(CONTROL), quote=True)


def chart(one: LineChart | DotPlot) -> str:
    """A chart as an SVG element for a page; its label is what a screen reader says."""
    drawn = draw_lines(one) if isinstance(one, LineChart) else draw_dots(one)
    size = f'viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}"'
    body = "\n".join(_element(shape, _by_class) for shape in drawn.shapes)
    return f'<svg {size} role="img" aria-label="{esc(drawn.label)}">\n{body}\n</svg>'


def alone(drawn: Picture, colours: Mapping[str, str]) -> str:
    """A picture as an SVG file that needs nothing from outside."""
    size = f'width="{drawn.width:.0f}" height="{drawn.height:.0f}" viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}"'
    body = "\n".join(_element(shape, lambda tone: f'color="{colours[tone]}"') for shape in drawn.shapes)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}" font-size="{SIZE}">\n'
        f'<title>{esc(drawn.label)}</title>\n<rect width="100%" height="100%" fill="{colours["paper"]}"/>\n'
        f"{body}\n</svg>\n"
    )


def swatch(series: Series) -> str:
    """A sample of a line and its marker, for a legend."""
    shapes: list[Shape] = [Stroke(points=((1, 6), (27, 6)), tone=series.tone, width=1.8, dash=series.dash)]
    shapes = shapes if series.joined else []
    shapes.append(marker(series.shape, 14, 6, series.size, series.tone))
    body = "".join(_element(shape, _by_class) for shape in shapes)
    return f'<svg class="swatch" viewBox="0 0 28 12" aria-hidden="true">{body}</svg>'


def _by_class(tone: str) -> str:
    return f'class="{tone}"'


def _element(shape: Shape, paint: Paint) -> str:
    if isinstance(shape, Told):
        return f"<g><title>{esc(shape.title)}</title>{''.join(_element(one, paint) for one in shape.shapes)}</g>"
    tone = paint(shape.tone)
    if isinstance(shape, Disc):
        look = 'fill="none" stroke="currentColor"' if shape.ring else 'fill="currentColor"'
        return f'<circle {tone} cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:.1f}" {look}/>'
    if isinstance(shape, (Stroke, Fill)):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        if isinstance(shape, Fill):
            faint = f' opacity="{shape.opacity:g}"' if shape.opacity < 1 else ""
            return f'<polygon {tone} points="{points}" fill="currentColor"{faint}/>'
        dashes = f' stroke-dasharray="{shape.dash}"' if shape.dash else ""
        look = f'fill="none" stroke="currentColor" stroke-width="{shape.width:g}"{dashes}'
        return f'<polyline {tone} points="{points}" {look}/>'
    turn = f' transform="rotate(-90 {shape.x:.1f} {shape.y:.1f})"' if shape.turned else ""
    bold = ' font-weight="600"' if shape.bold else ""
    place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.anchor}"'
    return f'<text {tone} {place} fill="currentColor"{bold}{turn}>{esc(shape.text)}</text>'
