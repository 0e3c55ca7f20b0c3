"""What is to be said of the labellers: who labelled how much, how they agree, and the vote as the baseline."""

from __future__ import annotations

import numpy as np

from outgrow.learning.labellers import FEW, fuse, hardest, judged_by
from outgrow.learning.objective import WeakLabels
from outgrow.methods.transforms.vote import Vote
from outgrow.own_model.finding import Finding, between, percent
from outgrow.own_model.kept_rows import KeptRows
from outgrow.plain import counted
from outgrow.results.shown import TextTable
from outgrow.trust.intervals import LEVEL, wilson

MOST = 20  # labellers in the table
ALONE = "One labeller alone: how often it is wrong cannot be seen without rows that somebody audits."
INDEPENDENT = "Estimated right: from agreement alone, as if labellers erred independently (Dawid and Skene 1979)."


def labellers(rows: KeptRows) -> Finding:
    """The labellers, each against the vote, against the others, and on checked rows."""
    votes, vote = rows.votes, vote_of(rows)
    speaks, voted = np.asarray(votes.any(-1)), np.asarray(vote.any(-1))
    several = len(votes) > 1
    judged = judged_by(votes) >= FEW
    fused = fuse(hardest(votes)).accuracy if several else np.full(1, np.nan)
    names = ["labeller", "rows", *(["agrees with the vote", "estimated right"] if several else [])]
    cells: list[list[str]] = []
    order = np.argsort(-speaks.sum(1), kind="stable")[:MOST]
    for i in sorted(order.tolist()):
        own, both = votes[i], speaks[i] & voted
        row = [rows.labellers[i], percent(float(speaks[i].mean()))]
        if several:
            row += [_share((own * vote).sum(-1)[both]), percent(float(fused[i])) if judged[i] else ""]
        cells.append(row)
    shown = [votes[i] for i in sorted(order.tolist())]
    if several:
        cells.append(["majority vote", percent(float(voted.mean())), "", ""])
        shown.append(vote)
    if len(rows.checking):
        names.append("right on checked rows")
        for row, own in zip(cells, shown, strict=True):
            row.append(_checked(own, rows))
    words = [_vote_words(rows, vote), INDEPENDENT if several else ALONE]
    if several and not judged.all():
        words.append(
            f"{counted(int((~judged).sum()), 'labeller')} with fewer than {FEW} rows that others label too: how often "
            "these are right cannot be estimated."
        )
    if len(votes) > MOST:
        words.append(f"The table has the {MOST} of {len(votes):,} labellers that label most.")
    return Finding(
        title="Labellers", sentences=words,
        table=TextTable(names=tuple(names), numeric=tuple(names[1:]), measured=tuple(names[1:]),
                        rows=[tuple(row) for row in cells], once=False),
    )  # fmt: skip


def vote_of(rows: KeptRows) -> np.ndarray:
    """The majority vote, float [n, classes]: ties share, zeros where nobody says anything."""
    return Vote().apply(WeakLabels(probabilities=rows.votes, ids=rows.ids, groups=rows.ids), seed=0).mean()


def _vote_words(rows: KeptRows, vote: np.ndarray) -> str:
    voted, tied = int(vote.any(-1).sum()), int(((vote.max(-1) < 1) & vote.any(-1)).sum())
    said = f"The majority vote labels {voted:,} of {len(rows.ids):,} rows"
    if tied:
        said += f"; {tied:,} of these are ties, which count in equal shares"
    speaks = (rows.votes.max(-1, keepdims=True) == rows.votes).sum(-1) == 1  # for one class before all others
    if open_ := int(rows.votes.any(-1).sum() - speaks.sum()):
        said += f". Open between classes, and shared alike: {counted(open_, 'label')}"
    several = speaks.sum(0) > 1
    if several.any():
        best = np.where(speaks, rows.votes.argmax(-1), -1)[:, several]
        same = float(((best == best.max(0)) | (best == -1)).all(0).mean())
        said += f". All labellers agree on {percent(same)} of the {int(several.sum()):,} rows with several labels"
    return f"{said}."


def _share(values: np.ndarray) -> str:
    return percent(float(values.mean())) if len(values) else ""


def _checked(votes: np.ndarray, rows: KeptRows) -> str:
    """How often labels are right on the checked rows that have one; a tie counts in equal shares."""
    said = rows.checking[votes[rows.checking].any(-1)]
    if not len(said):
        return "labels none"
    best = votes[said] == votes[said].max(-1, keepdims=True)
    right, low, high = share(rows, said, (best / best.sum(-1, keepdims=True))[np.arange(len(said)), rows.truth[said]])
    return f"{percent(right)} ({between(low, high)}), n {len(said):,}"


def share(rows: KeptRows, some: np.ndarray, right: np.ndarray) -> tuple[float, float, float]:
    """How right some checked rows are, weighed as they were drawn, and the ends of the interval.

    With weights, the rows are worth (sum of w)^2 / sum of w^2 of them (Kish 1965).
    """
    weights = np.ones(len(some)) if rows.weights is None else rows.weights[some]
    value = float(weights @ right / weights.sum())
    return value, *wilson(value, float(weights.sum() ** 2 / (weights @ weights)), level=LEVEL)
