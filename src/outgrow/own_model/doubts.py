"""Where a person should look first: weak labels that are probably wrong, and rows on which the model is worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from outgrow.own_model.accuracy import answered, checked_rows, is_right
from outgrow.own_model.finding import Finding, between, percent
from outgrow.own_model.kept_rows import KeptRows
from outgrow.own_model.labellers import vote_of
from outgrow.results.shown import TextTable
from outgrow.tasks.sources.label_values import names_of
from outgrow.trust.slices import ENOUGH, Slice, quarters, slices
from outgrow.trust.suspects import Suspects, suspects

FIRST = 5  # doubtful labels, and slices, that are shown; the file has more labels
LONGEST = 60  # letters of a text in a table
SUSPECTS = "suspects.csv"


def doubtful(rows: KeptRows, *, most: int = 1_000) -> tuple[Suspects, np.ndarray]:
    """The weak labels that are most likely wrong, and the rows that their numbers count."""
    there = answered(rows)
    found = suspects(
        rows.votes[:, there], rows.answers[there], names=rows.labellers, class_names=names_of(rows.output), most=most
    )
    return found, there


def doubts(rows: KeptRows) -> Finding:
    """How many weak labels are probably wrong, and the first of them."""
    found, there = doubtful(rows)
    visible = rows.visible
    table = [
        (f"{rows.numbers[there[one.row]]:,}", one.labeller, names_of(rows.output)[one.label],
         names_of(rows.output)[one.instead], seen(visible, int(there[one.row])))
        for one in found.labels[:FIRST]
    ]  # fmt: skip
    return Finding(
        title="Weak labels to look at",
        sentences=[
            *(f"{one[0].upper()}{one[1:]}." for one in found.words),
            f"All are in {SUSPECTS}, the likeliest errors first.",
        ]
        if table
        else ["No weak label is suspect."],
        table=TextTable(names=("row", "labeller", "label", "rather", "what"), numeric=("row",), rows=table, once=False),
    )


def suspect_cells(rows: KeptRows) -> list[dict[str, Any]]:
    """The doubtful labels as rows of a table for a person to go through."""
    found, there = doubtful(rows)
    names, visible = names_of(rows.output), rows.visible
    return [
        {
            "row": rows.numbers[row],
            **{name: own[row] for name, own in visible.items()},
            "labeller": one.labeller,
            "label": names[one.label],
            "instead": names[one.instead],
            "probability of the label": round(one.self_confidence, 4),
            "reason": one.reason,
        }
        for one in found.labels
        for row in (int(there[one.row]),)
    ]


def weakest(rows: KeptRows) -> Finding:
    """The slices on which the model is worst."""
    there, checked = answered(rows), checked_rows(rows)
    names, vote = np.array(names_of(rows.output), object), vote_of(rows)[there]
    by = {
        "answer": names[rows.answers[there].argmax(-1)].tolist(),
        "majority vote": np.where(vote.max(-1) == 1, names[vote.argmax(-1)], "none, or a tie").tolist(),
        **({} if "image" in rows.inputs else {"length": quarters(lengths(rows)[there].tolist())}),
        **{name: [own[i] for i in there] for name, own in rows.sources.items()},
    }
    right = is_right(rows, checked) if len(checked) else ()
    weights = None if rows.weights is None else rows.weights[checked]
    found = slices(rows.answers[there], by, rows=np.searchsorted(there, checked), right=right, weights=weights)
    columns: tuple[str, ...] = ("by", "value", "rows", "mean confidence")
    table: list[tuple[str, ...]] = [
        (one.column, one.value, f"{one.n:,}", percent(one.accuracy)) for one in found.slices[:FIRST]
    ]
    if len(checked):
        columns = ("by", "value", "rows", "right", "checked", "95 % interval", "apart")
        more = [(f"{one.audited:,}", _interval(one), "yes" if one.apart else "") for one in found.slices[:FIRST]]
        table = [own + others for own, others in zip(table, more, strict=True)]
    return Finding(
        title="Where it is worst",
        sentences=[f"{one[0].upper()}{one[1:]}." for one in found.words],
        table=TextTable(names=columns, numeric=columns[2:5], measured=columns[2:], rows=table, once=False),
    )


def _interval(one: Slice) -> str:
    """Of its own checked rows, where these are enough to say something."""
    return between(one.estimate.low, one.estimate.high) if one.estimate and one.audited >= ENOUGH else ""


def lengths(rows: KeptRows) -> np.ndarray:
    """Letters of each row's texts, int64."""
    return np.array([sum(map(len, one)) for one in zip(*rows.inputs.values(), strict=True)], np.int64)


def seen(visible: Mapping[str, Sequence[str]], row: int) -> str:
    """The beginning of what a model saw of a row; of two candidates, from where they differ on."""
    texts = [" ".join(own[row].split()) for own in visible.values()]
    same = next((i for i, two in enumerate(zip(*texts, strict=False)) if len(set(two)) > 1), 0) if texts[1:] else 0
    text = " | ".join(f"{'…' if same else ''}{one[same:]}" for one in texts)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
