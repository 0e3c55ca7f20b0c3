"""Panels as HTML: heading, legend, charts side by side, words, and the values behind them."""

from __future__ import annotations

from outgrow.analyses.base import Panel
from outgrow.figures.charts import Figure
from outgrow.report.svg import chart, esc, swatch

LONG = 12  # rows from which on values scroll in a region of their own


def panel(found: Panel, study: str) -> str:
    """A `figure` element; all text is escaped. `study` tells its table from those of other experiments."""
    drawn = drawing(found.figure) if found.figure else ""
    notes = "".join(f"<li>{esc(note)}</li>" for note in found.sentences)
    words = f"{found.words} {found.figure.note}".strip() if found.figure else found.words
    caption = f"{esc(words)}<ul>{notes}</ul>" if notes else esc(words)
    body = f"<h3>{esc(found.title)}</h3>{drawn}<figcaption>{caption}</figcaption>"
    return f"<figure>{body}{values(found, study)}</figure>"


def drawing(figure: Figure) -> str:
    """The charts of a figure and their legend."""
    items = "".join(f"<li>{swatch(series)}{esc(series.label)}</li>" for series in figure.legend)
    keys = f'<ul class="legend">{items}</ul>' if items else ""
    many = "panels" if len(figure.charts) > 1 else "panel"
    return f'{keys}<div class="{many}">{"".join(f"<div>{chart(one)}</div>" for one in figure.charts)}</div>'


def values(found: Panel, study: str) -> str:
    """The values behind a figure, folded away."""
    if not found.rows:
        return ""
    words = [any(isinstance(row[k], str) for row in found.rows) for k in range(len(found.columns))]
    head = "".join(
        f'<th scope="col"{_side(word)}>{esc(name.replace("_", " "))}</th>'
        for name, word in zip(found.columns, words, strict=True)
    )
    cells = (
        [f"<td{_side(word)}>{esc(_text(cell))}</td>" for cell, word in zip(row, words, strict=True)]
        for row in found.rows
    )
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    long = " long" if len(found.rows) > LONG else ""
    about = f'class="table{long}" tabindex="0" role="region" aria-label="{esc(f"{found.title}: values, {study}")}"'
    caption = f"<caption>{esc(found.title)}: values</caption>"
    table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    hidden = f'<span class="spoken"> of {esc(found.title)}, {esc(study)}</span>'
    return f"<details><summary>Values{hidden}</summary><div {about}>{table}</div></details>"


def _side(word: bool) -> str:
    return ' class="words"' if word else ""


def _text(cell: str | float | None) -> str:
    if cell is None:
        return "\u2014"
    if isinstance(cell, float):
        return f"{cell:.4g}".replace("-", "\u2212")
    return f"{cell:,}" if isinstance(cell, int) else cell
