"""What can be guessed of accuracy without any audited row. Each guess stands on an assumption that nothing here checks.

All of it is weak evidence: a model that is confidently wrong, or wrong in the same way as its teachers, looks good.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import DataError
from outgrow.plain import plain
from outgrow.trust.given import checked_confidence, checked_right

WEAK = "weak evidence: nothing here was compared with the truth"
SMALLEST = 0.02  # of an agreement beyond chance; to divide by less gives anything


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A guess of accuracy.

    Args:
        name: what it goes by.
        value: one number, or a lower and an upper one.
        assumption: under which it is right, in a sentence.
    """

    name: str
    value: float | tuple[float, float]
    assumption: str


def mean_confidence(confidence: ArrayLike) -> Guess:
    """Mean probability of the answers given."""
    return Guess(
        name="mean confidence",
        value=float(checked_confidence(confidence).mean()),
        assumption="right if confidence is calibrated, and trained networks are mostly too sure",
    )


def thresholded_confidence(confidence: ArrayLike, *, elsewhere: ArrayLike, right: ArrayLike) -> Guess:
    """Share of rows above the confidence that as many rows elsewhere pass as are right there (Garg et al. 2022).

    Args:
        confidence: of these rows, [n] or [n, K].
        elsewhere: of rows with truth, which are not from here, [e] or [e, K].
        right: whether the answers there are right, bool [e].
    """
    found, other, known = checked_confidence(confidence), checked_confidence(elsewhere), checked_right(right)
    if len(other) != len(known):
        raise DataError(f"{len(other):,} rows elsewhere, but the answers to {len(known):,}")
    wrong = round(float((1 - known).sum()))
    ordered = np.sort(other)
    threshold = ordered[wrong] if wrong < len(ordered) else np.inf
    return Guess(
        name="average thresholded confidence",
        value=float((found >= threshold).mean()),
        assumption="right if confidence tells right from wrong here as it does on the other rows",
    )


def agreements(labels: np.ndarray) -> np.ndarray:
    """Share of rows on which two of several agree, [m, m], where both answer; NaN where they never do.

    Args:
        labels: class of each row, int [m, n], -1 for none.
    """
    said = labels >= 0
    both = np.einsum("in,jn->ij", said.astype(float), said.astype(float))
    same = np.array([[((a == b) & (a >= 0)).sum() for b in labels] for a in labels], float)
    return np.asarray(np.divide(same, both, out=np.full(both.shape, np.nan), where=both > 0))


def of_copies(labels: np.ndarray) -> Guess:
    """Agreement of several trainings of the same model that differ by their seed (Jiang et al. 2022)."""
    found = agreements(labels)[np.triu_indices(len(labels), 1)]
    return Guess(
        name="agreement of copies",
        value=float(np.nanmean(found)),
        assumption="right if the copies together are calibrated: what they all learned wrongly counts as right",
    )


def most_on_average(labels: np.ndarray) -> Guess:
    """What the mean accuracy of several cannot be above: where two differ, at least one is wrong."""
    found = agreements(labels)[np.triu_indices(len(labels), 1)]
    return Guess(
        name="mean accuracy of all members",
        value=(0.0, float((1 + np.nanmean(found)) / 2)),
        assumption="the upper end needs none but that rows are many: where two differ, one is wrong",
    )


def from_teacher(agreement: float, teacher: float) -> Guess:
    """What is left if the teacher's accuracy is known: two accuracies differ by no more than the two answers do."""
    apart = 1 - agreement
    return Guess(
        name="from the weak labels' accuracy",
        value=(max(0.0, teacher - apart), min(1.0, teacher + apart)),
        assumption="holds whatever the errors are, if the weak labels' accuracy is known on rows like these",
    )


def from_triplets(labels: np.ndarray, *, n_classes: int, which: int = 0) -> Guess | None:
    """Accuracy from how often three agree by pairs, by all pairs of others (Platanios et al. 2014; Fu et al. 2020).

    With accuracies a and errors spread evenly over K classes, b = (K a - 1) / (K - 1) of two independent members
    multiply to the same of their agreement: three agreements give three accuracies. The lowest and highest are told.

    Args:
        labels: class of each row, int [m, n], -1 for none.
        n_classes: K.
        which: member whose accuracy is wanted.

    Returns:
        None where there are fewer than three members, or where agreement is no better than chance.
    """
    beyond = (n_classes * agreements(labels) - 1) / (n_classes - 1)
    found = []
    for a, b in itertools.combinations([i for i in range(len(labels)) if i != which], 2):
        own = (beyond[which, a], beyond[which, b], beyond[a, b])
        if all(one > SMALLEST for one in own):
            root = min(1.0, float(np.sqrt(own[0] * own[1] / own[2])))
            found.append((1 + (n_classes - 1) * root) / n_classes)
    if not found:
        return None
    return Guess(
        name="agreement of three",
        value=found[0] if len(found) == 1 else (min(found), max(found)),
        assumption="right if members err independently of each other and evenly over classes; a student errs with its "
        "teachers, which makes this too high",
    )


def guesses(
    probabilities: ArrayLike, *, others: ArrayLike | None = None, copies: ArrayLike | None = None,
    teacher: float | None = None, elsewhere: tuple[ArrayLike, ArrayLike] | None = None, n_classes: int = 0,
    predicted: ArrayLike | None = None,
) -> list[Guess]:  # fmt: skip
    """All guesses that what is given allows.

    Args:
        probabilities: of the model, [n, K]; or its confidence, [n], and then `predicted` and `n_classes` say the rest.
        others: labels of others, as weak supervisors, int [m, n], -1 for none.
        copies: classes that trainings of the same model with other seeds answer, int [c, n].
        teacher: accuracy of the first of `others`, where it is known.
        elsewhere: confidence and right answers of rows with truth that are not from here.

    Raises:
        DataError: others are given, but not what the model answers.
    """
    given = np.asarray(probabilities, np.float64)
    made = [mean_confidence(given)]
    if elsewhere is not None:
        made.append(thresholded_confidence(given, elsewhere=elsewhere[0], right=elsewhere[1]))
    if others is None and copies is None:
        return made
    if given.ndim == 2:
        own, n_classes = given.argmax(1), given.shape[1]
    elif predicted is None or n_classes < 2:
        raise DataError("a confidence alone does not say what is answered: give predicted and n_classes with it")
    else:
        own = np.asarray(predicted, np.int64)
    if copies is not None:
        made.append(of_copies(_beside(own, copies)))
    if others is not None:
        members = _beside(own, others)
        if teacher is not None:
            made.append(from_teacher(float(agreements(members)[0, 1]), teacher))
        made.append(most_on_average(members))
        if (triplets := from_triplets(members, n_classes=n_classes)) is not None:
            made.append(triplets)
    return made


def sentences(made: Sequence[Guess]) -> list[str]:
    """The guesses in words, and first of all what they are worth."""
    words = [WEAK]
    for one in made:
        shown = f"{one.value:.3f}" if isinstance(one.value, float) else f"{one.value[0]:.3f} to {one.value[1]:.3f}"
        words.append(plain(f"{one.name}: {shown}; {one.assumption}"))
    return words


def _beside(own: np.ndarray, others: ArrayLike) -> np.ndarray:
    """The model's classes and those of others, int [1 + m, n]."""
    given = np.asarray(others, np.int64)
    given = given[None] if given.ndim == 1 else given
    if given.shape[1:] != own.shape or not len(given):
        raise DataError(f"labels of shape {list(given.shape)} for {len(own):,} rows: they are [members, rows]")
    return np.concatenate([own[None], given])
