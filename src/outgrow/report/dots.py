"""A dot plot: one value with its interval per row, as inline SVG text."""

from __future__ import annotations

from outgrow.figures.charts import DotPlot
from outgrow.figures.words import CHARACTER, shorten
from outgrow.report.svg import cross, esc, line, picture, shape, text


def dot_plot(plot: DotPlot) -> str:
    """A value with its interval per row, each row's label above it."""
    x, width = plot.x, plot.width
    left, right, top, row = 14.0, width - 18, 26.0, 38.0
    floor = top + row * len(plot.dots) + 4
    parts = [text(left, 14, shorten(plot.title, int(width / CHARACTER)), tone="ink title")]
    if plot.band:
        start, end = sorted(x.place(value, left, right) for value in plot.band)
        size = f'width="{end - start:.1f}" height="{floor - top:.1f}"'
        parts.append(f'<rect class="rule" x="{start:.1f}" y="{top:.1f}" {size} fill="currentColor" opacity="0.45"/>')
    for value, words in x.ticks:
        at = x.place(value, left, right)
        parts += [line(at, floor, at, floor + 4, "grey"), text(at, floor + 16, words, anchor="middle")]
    parts.append(line(left, floor, right, floor, "grey"))
    for k, dot in enumerate(plot.dots):
        base, at = top + row * k + 14, top + row * k + 27
        name = shorten(dot.label, int((right - left) / CHARACTER - len(dot.words) - 2))
        parts.append(line(left, at, right, at, "rule"))
        parts += [line(x.place(v, left, right), at - 7, x.place(v, left, right), at + 7, "grey") for v in plot.rules]
        parts += [text(left, base, name, tone="ink"), text(right, base, dot.words, anchor="end")]
        body = cross(left + 4, at)
        if dot.value is not None:
            body = shape(dot.shape, x.place(dot.value, left, right), at, 4.2)
            if dot.low is not None and dot.high is not None:
                low, high = x.place(dot.low, left, right), x.place(dot.high, left, right)
                body = line(low, at, high, at, dot.tone, width=1.8) + body
        parts.append(f'<g class="{dot.tone}"><title>{esc(dot.title)}</title>{body}</g>')
    parts.append(text((left + right) / 2, floor + 34, x.label, anchor="middle"))
    return picture(width, floor + 42, plot.label, parts)
