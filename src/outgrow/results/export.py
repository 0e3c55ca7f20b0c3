"""The results table as the text of a file: CSV, JSON, LaTeX, Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

from outgrow.plain import plain, spreadsheet_safe
from outgrow.results.layout import lay_out, numbered_reasons, told_once, width_of
from outgrow.results.shown import TextTable


def csv_text(rows: Sequence[dict[str, Any]], names: Sequence[str] = ()) -> str:
    """Rows as CSV with the columns of all of them, or these `names` where there is no row.

    A text that a spreadsheet would compute begins with an apostrophe, and control characters are spelt; numbers are
    as they are.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(names)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_safe(name) for name in columns])
    writer.writerows([_safe(row.get(name)) for name in columns] for row in rows)
    return file.getvalue()


def _safe(value: Any) -> Any:
    return spreadsheet_safe(value) if isinstance(value, str) else value


def json_text(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a JSON list of objects."""
    return json.dumps(rows, indent=1) + "\n"


def plain_text(table: TextTable) -> str:
    """The table with a row on one line."""
    laid = lay_out(table, sum(width_of(text) + 2 for row in (table.names, *table.rows) for text in row))
    return "\n".join([*laid.before, *laid.head, *laid.body, *laid.after]) + "\n"


def latex_text(table: TextTable, about: str) -> str:
    r"""A `table` for the package booktabs; `about` and what is the same in all rows are its caption."""
    table, caption, reasons = _told(table, about)
    caption = " ".join([caption, *reasons])
    side = "".join("r" if name in table.numeric else "l" for name in table.names)
    lines = [
        "% \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{_latex(caption)}}}",
        f"\\begin{{tabular}}{{{side}}}",
        "\\toprule",
        _latex_row(table.names),
        "\\midrule",
        *(_latex_row(row) for row in table.rows),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _told(table: TextTable, about: str) -> tuple[TextTable, str, list[str]]:
    """The table without what is the same in all rows, words that tell it, and why rows failed."""
    table, reasons = numbered_reasons(table)
    table, alike = told_once(table, measured=False)
    return table, f"{about} In all rows: {'; '.join(alike)}." if alike else about, reasons


LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "[": "{[}", "]": "{]}",
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in plain(text))


def _latex_row(cells: Sequence[str]) -> str:
    texts = [re.sub(r"(?<![\w.])-(?=\d)", "$-$", _latex(cell)) for cell in cells]
    return " & ".join("--" if text == "-" else text for text in texts) + r" \\"


def markdown_text(table: TextTable, about: str) -> str:
    """A Markdown table, below what it is about and what is the same in all rows."""
    table, told, reasons = _told(table, about)
    sides = ["---:" if name in table.numeric else "---" for name in table.names]
    lines = ["| " + " | ".join(map(_markdown, row)) + " |" for row in (table.names, *table.rows)]
    below = [line for why in reasons for line in ("", _markdown(why))]
    return "\n".join([_markdown(told), "", lines[0], f"| {' | '.join(sides)} |", *lines[1:], *below]) + "\n"


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~#$])", r"\\\1", plain(text))
