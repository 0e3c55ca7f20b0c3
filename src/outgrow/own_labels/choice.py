"""Which method learns from weak labels, with which penalty, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.learning.objective import WeakLabels
from outgrow.methods.base import Method
from outgrow.own_labels.candidates import L2, candidates
from outgrow.own_labels.evidence import Evidence, Weighed, clearly_best, weigh
from outgrow.plain import counted
from outgrow.tasks.base import Output

FEWEST = 30  # rows of known truth that may speak against the first candidate


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A method with its penalty.

    Args:
        method: as a student is trained with.
        l2: of its head.
        out_of_fold: what its heads say of rows that they have not learned from, float32 [n, classes].
        table: what speaks for each candidate.
        reasons: plain sentences.
        fused: what the student is to learn, float32 [n, classes]; zero where nobody labelled a row.
    """

    method: Method
    l2: float
    out_of_fold: np.ndarray
    table: tuple[Evidence, ...]
    reasons: tuple[str, ...]
    fused: np.ndarray


def choose(
    features: np.ndarray, weak: WeakLabels, output: Output, *, method: Method | None = None, seed: int = 0
) -> Choice:
    """The first candidate, unless another is clearly right more often on rows of known truth; and the penalty.

    Without truth nothing that can be measured ranks methods: the likelihood of labels rises with errors that labellers
    have in common. So the first candidate is one that was best or near it on tasks apart from these.

    Args:
        features: of the rows of `weak`, standardised: [n, width], or [n, 2, width] for preference.
        method: to choose no method but its penalty.

    Raises:
        NothingLeft: no row is left to learn from.
    """
    options = [(method.label, method)] if method else [(one.name, one.method) for one in candidates(weak)]
    weighed = weigh(features, weak, output, options, l2=L2, seed=seed)
    first = weighed[0]
    best, reasons = (first, [f"The method is {first.evidence.name}, as asked for."]) if method else _best(weighed, weak)
    reasons.append(
        f"Penalty l2 = {best.evidence.l2:g}: "
        + ("no other agrees clearly more" if best.evidence.l2 == L2[0] else f"it agrees clearly more than {L2[0]:g}")
        + " with the vote on held-out rows."
    )
    if best.evidence.fit <= 0:
        reasons.append(
            "The features tell no more of held-out labels than the shares of the classes do: another model, or more "
            "rows, may tell more."
        )
    return Choice(
        method=best.evidence.method,
        l2=best.evidence.l2,
        out_of_fold=best.answers,
        table=tuple(one.evidence for one in weighed),
        reasons=tuple(reasons),
        fused=best.lesson.targets,
    )


def _best(weighed: list[Weighed], weak: WeakLabels) -> tuple[Weighed, list[str]]:
    """The candidate to take, and why."""
    first, n = weighed[0], weighed[0].evidence.audited
    name = first.evidence.name
    if len(weak.probabilities) == 1:
        why = "one labeller's labels are learned as they are" if name == "naive" else "audited rows show how it errs"
    else:
        why = "each labeller is trusted as its agreement with the others and with the features allows"
    if fallback := [note for note in first.lesson.notes if note.startswith("em_posterior did what")]:
        why = fallback[0].partition(": ")[2]
        if len(weighed) > 1:
            first, name = weighed[1], weighed[1].evidence.name
    reasons = [f"The method is {name}: {why}."]
    if n < FEWEST or len(weighed) == 1:
        if n:
            reasons.append(f"{counted(n, 'audited row')} cannot rank methods: at least {FEWEST} are needed.")
        return first, reasons
    ranked = [first, *(one for one in weighed if one is not first)]
    best = ranked[clearly_best(np.stack([one.hits for one in ranked]).astype(np.float64))]
    if best is not first:
        return best, [
            f"The method is {best.evidence.name}: of {n:,} audited rows whose truth was held out, it gets "
            f"{best.evidence.right:.1%} right, and {name} {first.evidence.right:.1%}."
        ]
    others = ", ".join(f"{one.evidence.name} {one.evidence.right:.1%}" for one in ranked[1:])
    reasons.append(
        f"Of {n:,} audited rows whose truth was held out, it gets {first.evidence.right:.1%} right; no other gets "
        f"clearly more ({others})."
    )
    return first, reasons
