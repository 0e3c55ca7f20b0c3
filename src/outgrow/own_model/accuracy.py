"""How often a model is right, as far as checked rows, or agreement and confidence alone, can tell."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np

from outgrow.own_model.finding import Finding, between, percent
from outgrow.own_model.kept_rows import LEARNED, KeptRows
from outgrow.own_model.labellers import share, vote_of
from outgrow.plain import counted
from outgrow.results.shown import TextTable
from outgrow.trust.intervals import Estimate, binomial, prediction_powered
from outgrow.trust.label_free import Guess, guesses

TITLE = "How far to trust it"
UNKNOWN = "{}. The numbers below are weak evidence: each is right only if its assumption is."
ADVICE = "`outgrow audit {} --plan --width 0.1 --out to-check.csv` says how many rows to check, and which."


def accuracy(rows: KeptRows, *, folder: Path, notes: list[str]) -> Finding:
    """The model's accuracy with an interval, next to that of the majority vote; or guesses, and what they are worth."""
    told = [f"note: {note}" for note in notes]
    found = estimates(rows)
    if found is None:
        weak = [(one.name, _range(one), one.assumption) for one in guessed(rows)]
        return Finding(
            title=TITLE, sentences=[*told, UNKNOWN.format(_why(rows)), ADVICE.format(shlex.quote(str(folder)))],
            table=TextTable(names=("weak evidence", "accuracy", "assumption"), numeric=("accuracy",), rows=weak,
                            once=False),
        )  # fmt: skip
    powered, plain = found
    checked = checked_rows(rows)
    voted, *ends = share(rows, checked, vote_of(rows)[checked, rows.truth[checked]])
    names = ("what", "right", "95 % interval", "how")
    table = [
        ("model", percent(powered.value), between(powered.low, powered.high), powered.how.partition(",")[0]),
        ("model, checked rows alone", percent(plain.value), between(plain.low, plain.high), "binomial"),
        ("majority vote", percent(voted), between(*ends), "binomial"),
    ]
    return Finding(
        title=TITLE,
        sentences=[
            *told,
            f"The model is right on {percent(powered.value)} of rows like these (95 % interval "
            f"{between(powered.low, powered.high)}), by {counted(plain.n, 'checked row')} that it neither learned from "
            f"nor was chosen by. The majority vote is right on {percent(voted)} of the same rows: there, no "
            "label is wrong, and a tie counts in equal shares.",
        ],
        table=TextTable(names=names, numeric=("right",), measured=names[1:], rows=table, once=False),
    )  # fmt: skip


def answered(rows: KeptRows) -> np.ndarray:
    """Numbers of the rows that a model answered without having learned from them, int64."""
    return np.flatnonzero(rows.answers.any(-1))


def estimates(rows: KeptRows) -> tuple[Estimate, Estimate] | None:
    """Accuracy by confidence on all rows and by checked rows, and by these alone; None without a checked row."""
    there, checked = answered(rows), checked_rows(rows)
    if not len(checked):
        return None
    right, place = is_right(rows, checked), np.searchsorted(there, checked)
    weights = None if rows.weights is None else rows.weights[checked]
    return prediction_powered(rows.answers[there], place, right, weights=weights), binomial(right, weights=weights)


def checked_rows(rows: KeptRows) -> np.ndarray:
    """Numbers of the checked rows that a model answered without having learned from them, int64, rising."""
    return np.intersect1d(rows.checking, answered(rows))


def is_right(rows: KeptRows, some: np.ndarray) -> np.ndarray:
    """Whether the answers to some rows are true, bool; a tie is wrong."""
    own = rows.answers[some]
    best = own == own.max(-1, keepdims=True)
    return np.asarray(best[np.arange(len(some)), rows.truth[some]] & (best.sum(-1) == 1))


def guessed(rows: KeptRows) -> list[Guess]:
    """Guesses of the accuracy that need no truth."""
    there = answered(rows)
    if not len(there):
        return []
    votes = rows.votes[:, there]
    level = (votes == votes.max(-1, keepdims=True)).sum(-1) > 1
    said = np.where(votes.any(-1) & ~level, votes.argmax(-1), -1)
    return guesses(rows.answers[there], others=said)


def _why(rows: KeptRows) -> str:
    """Why no row judges the model."""
    n, learned = int((rows.truth >= 0).sum()), int((rows.truth[np.array(rows.use) == LEARNED] >= 0).sum())
    if not n:
        return "No row was checked, so nobody knows how often the model is right"
    from_them = f" (the model learned from {learned:,} of them)" if learned else ""
    return f"{counted(n, 'checked row')} and none that counts{from_them}: nobody knows how often the model is right"


def _range(one: Guess) -> str:
    return between(*one.value) if isinstance(one.value, tuple) else percent(one.value)
