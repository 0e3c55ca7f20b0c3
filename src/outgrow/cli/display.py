"""What the command line shows: tables, and sentences for a newcomer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from outgrow.analyses.base import Panel
from outgrow.plan import Plan
from outgrow.results.columns import COLUMNS, rows
from outgrow.results.shown import cell, group_cells, score
from outgrow.results.table import Group, Record

console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)  # a table row in a file is one line


def plan_table(plan: Plan) -> Table:
    """Steps by kind: all, cached, to do."""
    table = Table("step", "all", "in the store", "to do", box=None)
    for name, (total, todo) in plan.count().items():
        table.add_row(name, str(total), str(total - todo), str(todo))
    return table


def group_table(groups: Sequence[Group]) -> Table:
    """Pooled results, one row per pair and method."""
    cells = group_cells(groups)
    table = Table(box=None, pad_edge=False)
    for name in cells.names:
        table.add_column(name, justify="right" if name in cells.numeric else "left")
    for row in cells.rows:
        table.add_row(*map(Text, row))
    return table


def panel_table(title: str, panel: Panel) -> Table:
    """The values behind a panel."""
    table = Table(title=Text(f"{panel.title} ({title})"), title_justify="left", box=None, pad_edge=False)
    words = [isinstance(one, str) for one in (panel.rows[0] if panel.rows else panel.columns)]
    for name, word in zip(panel.columns, words, strict=True):
        table.add_column(name.replace("_", " "), justify="left" if word else "right")
    for row in panel.rows:
        table.add_row(*(Text(cell(one)) for one in row))
    return table


SHOWN = (
    "experiment", "weak", "strong", "method", "seed", "weak_score", "student_score", "ceiling_score",
    "zero_shot_score", "pgr", "agreement", "verdict",
)  # fmt: skip


def row_table(records: Sequence[Record]) -> Table:
    """Rows of single seeds; settings that differ have columns of their own."""
    found = rows(records)
    own = [name for name in (found[0] if found else {}) if name not in COLUMNS]
    names = (*SHOWN[:4], *own, *SHOWN[4:])
    table = Table(*names, box=None, pad_edge=False)
    for row in found:
        table.add_row(*(Text(cell(row[name])) for name in names))
    return table


def sentences(group: Group) -> str:
    """Two or three sentences that a newcomer understands."""
    if group.student is None or group.weak_score is None or group.ceiling is None:
        return f"{group.weak} -> {group.strong} with {group.method} failed: {group.why}"
    seeds = f"{len(group.seeds)} seed{'s' if len(group.seeds) > 1 else ''}"
    roles = (group.weak_score, group.student, group.ceiling, group.zero_shot)
    scores = [score(one, share=group.share) for one in roles]
    right = "of the test examples right" if group.metric == "accuracy" else f"in {group.metric} on the test examples"
    right += "" if group.larger_is_better else " (smaller is better)"
    text = (
        f"The weak supervisor {group.weak} gets {scores[0]} {right}. Trained on its labels by {group.method!r}, "
        f"{group.strong} gets {scores[1]}; trained on ground truth, its ceiling, {scores[2]}. "
    )
    if group.pgr is None:
        return text + f"PGR must not be read here ({group.verdict}): {group.why}."
    text += (
        f"So it recovered {100 * group.pgr.value:.0f} % of the gap (95 % interval {100 * group.pgr.low:.0f} to "
        f"{100 * group.pgr.high:.0f} %, {seeds}, {group.n_test:,} test examples)."
    )
    if len(group.seeds) == 1:
        text += " This is one seed: how much another would differ is unknown."
    if group.zero_shot is not None:
        text += f" Untrained it got {scores[3]}"
        if group.gained > 0:
            text += "."
        elif group.gained < 0:
            text += ": its supervisor's errors made it worse than it was."
        else:
            text += ", so whether it learned anything from its supervisor is not clear."
    return text
