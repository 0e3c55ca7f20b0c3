"""Labels with known errors: who is wrong where, drawn by seed and row id, whatever the order of the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from outgrow.errors import DataError
from outgrow.tasks.base import Output


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a simulated supervisor is shown.

    Args:
        ids: of the rows, n.
        inputs: of the rows, as a task gives them.
        truth: ground truth of the rows, int64 [n].
        output: what is to be answered.
        transfer: the first so many rows are those of `transfer`: from them come shares and cuts, for all rows.
        seed: of what is drawn.
        answers: of a model that judges the rows, [n, classes], if one does.
        features: of a frozen model, of these rows, [n, width] or [n, 2, width], if it is shown them.
        lesson: features and truth of the rows of `supervisor`, and their groups, if it learns from them.
    """

    ids: Sequence[str]
    inputs: np.ndarray
    truth: np.ndarray
    output: Output
    transfer: int
    seed: int
    answers: np.ndarray | None = None
    features: np.ndarray | None = None
    lesson: tuple[np.ndarray, np.ndarray, Sequence[str]] | None = None

    @property
    def pairs(self) -> bool:
        """Whether two candidates are compared."""
        return self.output.kind == "preference"

    def draws(self, what: str) -> np.ndarray:
        """A number from [0, 1) for each row."""
        return draws(self.ids, seed=self.seed, what=what)

    def wrong_where(self, wrong: np.ndarray) -> np.ndarray:
        """The truth, but on some rows, bool [n], one of the other classes, each as often: int64 [n]."""
        return np.where(wrong, another(self.truth, self.draws("another"), self.output.n_classes), self.truth)

    def top(self, scores: np.ndarray, share: float) -> np.ndarray:
        """The rows with the highest scores, bool [n]: of `transfer` just this share, of others whoever is as high.

        Of equal scores, those drawn.
        """
        scores, drawn, most = scores.astype(np.float64), self.draws("of equals"), round(share * self.transfer)
        if most == 0:
            return np.zeros(len(scores), bool)
        last = np.lexsort((drawn[: self.transfer], scores[: self.transfer]))[-most]
        return np.asarray((scores > scores[last]) | ((scores == scores[last]) & (drawn >= drawn[last])))

    def numbers(self) -> np.ndarray:
        """Features, or else inputs that are numbers, float64 [n, width]; of pairs, the second's less the first's.

        Raises:
            DataError: there are no features, and the inputs are no numbers.
        """
        found = self.inputs if self.features is None else self.features
        if found.dtype == object:
            raise DataError(
                'a simulated supervisor that looks at features needs a model for texts and files: set of = "..." in '
                "[weak] to a model that can be frozen (outgrow list models)"
            )
        found = found.astype(np.float64)
        if self.pairs:
            found = found[:, 1] - found[:, 0]
        return found.reshape(len(found), -1)

    def lengths(self) -> np.ndarray:
        """Letters of the texts, int64 [n] or [n, 2]. DataError where inputs are no texts."""
        if self.inputs.dtype != object:
            raise DataError("a simulated supervisor that goes by length needs texts, and the inputs are numbers")
        return np.asarray(np.vectorize(len, otypes=[np.int64])(self.inputs))


def draws(ids: Sequence[str], *, seed: int, what: str) -> np.ndarray:
    """A number from [0, 1) for each id, float64 [n], the same whatever stands beside it."""
    digits = b"".join(hashlib.sha256(f"{what}/{seed}/{one}".encode()).digest()[:8] for one in ids)
    return (np.frombuffer(digits, "<u8") >> np.uint64(11)) / 2.0**53


def another(labels: np.ndarray, drawn: np.ndarray, classes: int) -> np.ndarray:
    """One of the other classes, each as likely: labels int64 [n], draws from [0, 1)."""
    found: np.ndarray = (labels + 1 + np.floor(drawn * (classes - 1)).astype(np.int64)) % classes
    return found


def said(labels: np.ndarray, classes: int, *, error: float = 0.0) -> np.ndarray:
    """Classes int64 [n] as probabilities float32 [n, classes]; the others share `error` among them."""
    hard = labels[:, None] == np.arange(classes)
    return np.where(hard, 1 - error, error / (classes - 1)).astype(np.float32)


def by_confusion(truth: np.ndarray, confusion: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Labels int64 [n] drawn from the rows of a confusion matrix [classes, classes]: said (last), given the truth."""
    edges = confusion.cumsum(1)
    return np.asarray((drawn[:, None] >= edges[truth] / edges[truth][:, -1:]).sum(1), np.int64)


def swapped(answers: np.ndarray, wrong: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Probabilities [n, classes] whose best class has changed places with another, drawn one, on some rows.

    Rows of zeros stay as they are.
    """
    rows = np.flatnonzero(wrong & answers.any(1))
    best = answers[rows].argmax(1)
    other = another(best, drawn[rows], answers.shape[1])
    found = answers.copy()
    found[rows, best], found[rows, other] = answers[rows, other], answers[rows, best]
    return found
