"""What is to be said of a model that grew from weak labels: who labelled, why this method, and how far to trust it."""

from __future__ import annotations

import numpy as np

from outgrow.learning.labellers import fuse
from outgrow.learning.objective import WeakLabels
from outgrow.methods.transforms.vote import Vote
from outgrow.own_labels.choice import Choice
from outgrow.own_model.finding import Finding, between, percent
from outgrow.own_model.kept_rows import KeptRows
from outgrow.own_model.train import Grown
from outgrow.plain import counted
from outgrow.results.shown import TextTable
from outgrow.tasks.sources.label_values import names_of
from outgrow.trust.intervals import Estimate, binomial, prediction_powered
from outgrow.trust.label_free import guesses

ALONE = "One labeller alone: how often it is wrong cannot be seen without rows that somebody audits."


def find(rows: KeptRows, grown: Grown) -> list[Finding]:
    """Everything that a training has to tell, the most important last: a terminal ends with it."""
    found = [labellers(rows)]
    if grown.choice is not None:
        found.append(choice(grown.choice))
    return [*found, trust(rows, notes=grown.notes)]


def vote_of(rows: KeptRows) -> np.ndarray:
    """The majority vote, float [n, classes]: ties share, zeros where nobody says anything."""
    weak = WeakLabels(probabilities=rows.votes, ids=rows.ids, groups=rows.ids)
    return Vote().apply(weak, seed=0).mean()


def labellers(rows: KeptRows) -> Finding:
    """Who labelled how much, how they agree, and the vote as the baseline."""
    votes, vote = rows.votes, vote_of(rows)
    speaks, n = votes.any(-1), len(rows.ids)
    voted, tied = vote.any(-1), (vote.max(-1) < 1) & vote.any(-1)
    check = rows.checking
    names = ["labeller", "rows", "agrees with the vote", "estimated right"]
    several = len(votes) > 1
    fused = fuse(votes).accuracy if several else np.full(len(votes), np.nan)
    table = []
    for i, name in enumerate(rows.labellers):
        own, both = votes[i], speaks[i] & voted
        agrees = float((own * vote).sum(-1)[both].mean()) if both.any() else np.nan
        row = [name, percent(float(speaks[i].mean())), _share(agrees), _share(float(fused[i]))]
        if len(check):
            row.append(_checked(own, rows, check))
        table.append(tuple(row))
    if len(check):
        names.append(f"right on {len(check):,} checked")
        last = ("majority vote", percent(float(voted.mean())), "", "", _checked(vote, rows, check))
    else:
        last = ("majority vote", percent(float(voted.mean())), "", "")
    if several:
        table.append(last)
    speakers = speaks.sum(0)
    agree = (vote.max(-1) == 1)[speakers > 1]
    words = [
        f"The majority vote labels {int(voted.sum()):,} of {n:,} rows"
        + (f"; {int(tied.sum()):,} are ties, which count in equal shares" if tied.any() else "")
        + (
            f". Of {int((speakers > 1).sum()):,} rows with several labels all labellers agree on {percent(_unanimous(votes))}"
            if several and len(agree)
            else ""
        )
        + "."
    ]
    words.append(
        "Estimated right: from agreement alone, as if labellers erred independently of each other (Dawid and Skene 1979)."
        if several
        else ALONE
    )
    return Finding(
        title="Labellers", sentences=words,
        table=TextTable(names=tuple(names), numeric=tuple(names[1:]), measured=tuple(names[1:]), rows=table, once=False),
    )  # fmt: skip


def _unanimous(votes: np.ndarray) -> float:
    """The share of rows with several labels on which all give the same most probable class."""
    speaks = votes.any(-1)
    several = speaks.sum(0) > 1
    best = np.where(speaks, votes.argmax(-1), -1)[:, several]
    first = best.max(0)
    return float(((best == first) | (best == -1)).all(0).mean()) if several.any() else np.nan


def _checked(votes: np.ndarray, rows: KeptRows, check: np.ndarray) -> str:
    """How often labels are right on checked rows that have one, with an interval."""
    said = check[votes[check].any(-1)]
    if not len(said):
        return "none of them labelled"
    right = votes[said].argmax(-1) == rows.truth[said]
    tied = votes[said].max(-1) == np.sort(votes[said], -1)[:, -2]
    found = binomial(right & ~tied)
    return f"{percent(found.value)} ({between(found.low, found.high)}), n {len(said)}"


def _share(value: float) -> str:
    return "" if np.isnan(value) else percent(value)


def choice(found: Choice) -> Finding:
    """Which method was taken, and why."""
    return Finding(title="Method", sentences=[*found.reasons])


def accuracy_of(rows: KeptRows) -> tuple[Estimate, Estimate] | None:
    """Accuracy of the student's answers: prediction-powered and binomial; None without a checked row.

    The first goes by the confidence of all rows that a model answered without having learned from them.
    """
    answered = np.flatnonzero(rows.answers.any(-1))
    place = {row: i for i, row in enumerate(answered.tolist())}
    check = np.array([row for row in rows.checking.tolist() if row in place], np.int64)
    if not len(check):
        return None
    right = rows.answers[check].argmax(-1) == rows.truth[check]
    sure = rows.answers[answered].max(-1)
    return prediction_powered(sure, np.array([place[row] for row in check.tolist()]), right), binomial(right)


def trust(rows: KeptRows, *, notes: list[str]) -> Finding:
    """How often the model is right, as far as that can be known."""
    found = accuracy_of(rows)
    said = [f"note: {note}" for note in notes]
    names = ("what", "value", "95 % interval", "how")
    if found is None:
        weak = guesses(rows.votes, rows.answers)
        table = [(one.name, _range(one.value), "", one.assumption) for one in weak]
        said += [
            "No row was checked, so the model's accuracy is unknown. What follows is weak evidence: each number holds "
            "only if its assumption does.",
            "`outgrow audit MODEL --plan --width 0.1 --out to-check.csv` says how many rows to check, and which.",
        ]
        return Finding(
            title="How far to trust it", sentences=said,
            table=TextTable(names=("weak evidence", "value", "", "if"), numeric=("value",), rows=table, once=False),
        )  # fmt: skip
    powered, plain = found
    vote = vote_of(rows)[rows.checking]
    baseline = (vote.argmax(-1) == rows.truth[rows.checking]) & (vote.max(-1) == 1)
    versus = binomial(baseline)
    said.append(
        f"The model is right on {percent(powered.value)} of such rows (95 % interval {between(powered.low, powered.high)}; "
        f"{counted(plain.n, 'checked row')}, none of them used to train or to choose). The majority vote is right on "
        f"{percent(versus.value)} of the same rows ({between(versus.low, versus.high)}; no label, or a tie, counts as wrong)."
    )
    table = [
        ("model", percent(powered.value), between(powered.low, powered.high), powered.how),
        ("model, checked rows alone", percent(plain.value), between(plain.low, plain.high), plain.how),
        ("majority vote, checked rows alone", percent(versus.value), between(versus.low, versus.high), versus.how),
    ]
    return Finding(
        title="How far to trust it", sentences=said,
        table=TextTable(names=names, numeric=("value",), measured=names[1:], rows=table, once=False),
    )  # fmt: skip


def _range(value: float | tuple[float, float]) -> str:
    return between(*value) if isinstance(value, tuple) else percent(value)


def classes_of(rows: KeptRows) -> list[str]:
    """Names of the classes."""
    return names_of(rows.output)
