"""Panels as HTML: heading, legend, charts side by side, words, and the values behind them."""

from __future__ import annotations

from outgrow.analyses.base import Panel
from outgrow.figures.charts import Figure, LineChart
from outgrow.report.dots import dot_plot
from outgrow.report.svg import esc, line_chart, swatch


def panel(found: Panel) -> str:
    """A `figure` element; all text is escaped."""
    drawn = drawing(found.figure) if found.figure else ""
    notes = "".join(f"<li>{esc(note)}</li>" for note in found.notes)
    words = f"{esc(found.words)}<ul>{notes}</ul>" if notes else esc(found.words)
    body = f"<h3>{esc(found.title)}</h3>{drawn}<figcaption>{words}</figcaption>"
    return f"<figure>{body}{values(found)}</figure>"


def drawing(figure: Figure) -> str:
    """The charts of a figure and their legend."""
    items = "".join(f"<li>{swatch(series)}{esc(series.label)}</li>" for series in figure.legend)
    keys = f'<ul class="legend">{items}</ul>' if items else ""
    many = "panels" if len(figure.charts) > 1 else "panel"
    charts = (line_chart(one) if isinstance(one, LineChart) else dot_plot(one) for one in figure.charts)
    return f'{keys}<div class="{many}">{"".join(f"<div>{one}</div>" for one in charts)}</div>'


def values(found: Panel) -> str:
    """The values behind a figure, folded away."""
    if not found.rows:
        return ""
    words = [isinstance(cell, str) for cell in found.rows[0]]
    head = "".join(f'<th scope="col"{_side(word)}>{esc(name.replace("_", " "))}</th>'
                   for name, word in zip(found.columns, words, strict=True))  # fmt: skip
    cells = (
        [f"<td{_side(word)}>{esc(_text(cell))}</td>" for cell, word in zip(row, words, strict=True)]
        for row in found.rows
    )
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    about = f'class="table" tabindex="0" role="region" aria-label="{esc(found.title)}: values"'
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<details><summary>Values</summary><div {about}>{table}</div></details>"


def _side(word: bool) -> str:
    return ' class="words"' if word else ""


def _text(cell: str | float | None) -> str:
    if cell is None:
        return "\u2014"
    if isinstance(cell, float):
        return f"{cell:.4g}".replace("-", "\u2212")
    return f"{cell:,}" if isinstance(cell, int) else cell
