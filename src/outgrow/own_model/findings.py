"""What is to be said of a model that grew from weak labels: who labelled, why this method, and how far to trust it."""

from __future__ import annotations

from pathlib import Path

from outgrow.own_labels.choice import Choice
from outgrow.own_model.accuracy import accuracy
from outgrow.own_model.doubts import doubts, weakest
from outgrow.own_model.finding import Finding, percent
from outgrow.own_model.kept_rows import KeptRows
from outgrow.own_model.labellers import labellers
from outgrow.own_model.train import Grown
from outgrow.results.shown import TextTable


def find(rows: KeptRows, grown: Grown, folder: Path) -> list[Finding]:
    """Everything that a training has to tell, the most important last, where a terminal ends."""
    found = [labellers(rows)]
    if grown.choice is not None:
        found.append(choice(grown.choice))
    return [*found, *judged(rows, folder=folder, notes=grown.notes)]


def judged(rows: KeptRows, *, folder: Path, notes: list[str]) -> list[Finding]:
    """What can be said again whenever rows were checked: doubtful labels, weakest slices, accuracy."""
    return [doubts(rows), weakest(rows), accuracy(rows, folder=folder, notes=notes)]


def choice(found: Choice) -> Finding:
    """Which method was taken, and why."""
    names: tuple[str, ...] = ("method", "l2", "tells", "agrees with the vote", "stable")
    rows: list[tuple[str, ...]] = [
        (one.name, f"{one.l2:g}", f"{one.fit:.3f}", percent(one.agreement), percent(one.stability))
        for one in found.table
    ]
    audited = [one.audited for one in found.table]
    if any(audited):
        names = (*names, f"right on {audited[0]:,} audited")
        rows = [(*row, percent(one.right or 0.0)) for row, one in zip(rows, found.table, strict=True)]
    told = (
        "Tells: nats a row by which held-out labels are likelier than by the shares of their classes alone. Stable: "
        "rows that heads answer alike that learned from another four fifths of the rows."
    )
    return Finding(
        title="Method", sentences=[*found.reasons, told],
        table=TextTable(names=names, numeric=names[1:], measured=names[1:], rows=rows, once=False),
    )  # fmt: skip
