"""A dot plot: one value with its interval per row, as inline SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outgrow.report.svg import CHARACTER, Axis, cross, esc, line, picture, shape, shorten, text


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One row of a dot plot: a label, what to write at its right, and the value with its interval (None: a cross)."""

    label: str
    value: float | None
    words: str
    title: str
    low: float | None = None
    high: float | None = None
    tone: str = "s0"
    shape: str = "circle"


def dot_plot(
    *,
    title: str,
    label: str,
    x: Axis,
    dots: Sequence[Dot],
    rules: Sequence[float] = (),
    band: tuple[float, float] | None = None,
    width: float = 400,
) -> str:
    """A value with its interval per row; each row's label stands above it, so long names fit a narrow screen.

    Args:
        rules: values of x to draw a reference line at.
        band: a stretch of x to shade.
    """
    left, right, top, row = 14.0, width - 18, 26.0, 38.0
    floor = top + row * len(dots) + 4
    parts = [text(left, 14, shorten(title, int(width / CHARACTER)), tone="ink title")]
    if band:
        start, end = sorted(x.place(value, left, right) for value in band)
        size = f'width="{end - start:.1f}" height="{floor - top:.1f}"'
        parts.append(f'<rect class="rule" x="{start:.1f}" y="{top:.1f}" {size} fill="currentColor" opacity="0.45"/>')
    for value, words in x.ticks:
        at = x.place(value, left, right)
        parts += [line(at, floor, at, floor + 4, "grey"), text(at, floor + 16, words, anchor="middle")]
    parts.append(line(left, floor, right, floor, "grey"))
    for k, dot in enumerate(dots):
        base, at = top + row * k + 14, top + row * k + 27
        name = shorten(dot.label, int((right - left) / CHARACTER - len(dot.words) - 2))
        parts.append(line(left, at, right, at, "rule"))
        parts += [line(x.place(v, left, right), at - 7, x.place(v, left, right), at + 7, "grey") for v in rules]
        parts += [text(left, base, name, tone="ink"), text(right, base, dot.words, anchor="end")]
        body = cross(left + 4, at)
        if dot.value is not None:
            body = shape(dot.shape, x.place(dot.value, left, right), at, 4.2)
            if dot.low is not None and dot.high is not None:
                low, high = x.place(dot.low, left, right), x.place(dot.high, left, right)
                body = line(low, at, high, at, dot.tone, width=1.8) + body
        parts.append(f'<g class="{dot.tone}"><title>{esc(dot.title)}</title>{body}</g>')
    parts.append(text((left + right) / 2, floor + 34, x.label, anchor="middle"))
    return picture(width, floor + 42, label, parts)
