"""Which of several supervisors teaches which row, and which rows are kept, as an earlier student has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.learning.objective import mean_of

LEAST = 1e-6  # probability that a supervisor leaves a class, where it is compared with a student's


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A rule of the step `assign`.

    Args:
        first, last: the supervisors that it chooses from are those from `first` up to, and without, `last`; 0 for all.
        top: a row is consistent whose label's best class is among so many of the student's best; 0 for as many as
            make sense: 3, or one less than there are classes.
    """

    first: int = 0
    last: int = 0
    top: int = 0

    @property
    def label(self) -> str:
        """What to call it."""
        return "assigned"

    def identity(self) -> dict[str, Any]:
        """What determines its numbers."""
        return {"first": self.first, "last": self.last, "top": self.top}

    def apply(self, targets: np.ndarray, said: list[np.ndarray]) -> np.ndarray:
        """The same for one supervisor, whose labels are `targets`."""
        return self.assign(targets[None], said[0] if said else None)

    def assign(self, votes: np.ndarray, said: np.ndarray | None) -> np.ndarray:
        """Labels [n, classes] of votes [supervisors, n, classes]; without a student's answers `said`, their mean.

        Raises:
            ValueError: there are fewer supervisors, or as many best classes as there are classes.
        """
        chosen = votes[self.first : self.last or None]
        if self.last > len(votes) or not len(chosen):
            raise ValueError(f"levels need {max(self.last, self.first + 1)} supervisors, and there are {len(votes)}")
        if said is None:
            return mean_of(chosen)
        classes = votes.shape[-1]
        if self.top >= classes:
            raise ValueError(f"top = {self.top}: of {classes} classes all would be among the best; choose fewer")
        labels = assigned(chosen, said)
        return np.asarray(labels * kept(labels, said, top=self.top or min(3, classes - 1))[:, None])


def assigned(votes: np.ndarray, said: np.ndarray) -> np.ndarray:
    """The label of each row by the supervisor of least KL(student | supervisor), [n, classes]; zeros if all abstain.

    Args:
        votes: [supervisors, n, classes].
        said: the student's answers, [n, classes].
    """
    logs = np.log(votes.clip(min=LEAST))
    divergence = -(said * logs).sum(-1)  # and the student's entropy, which all have in common
    divergence = np.where(votes.any(-1), divergence, np.inf)
    found: np.ndarray = votes[divergence.argmin(0), np.arange(votes.shape[1])]
    return found


def kept(labels: np.ndarray, said: np.ndarray, *, top: int) -> np.ndarray:
    """The rows that are learned next, bool [n]: as many as are consistent, those of least cross-entropy.

    A row is consistent whose label's best class is among the student's `top` best ones. Of equals, the first are kept.
    """
    labelled = labels.any(-1)
    rank = (said > np.take_along_axis(said, labels.argmax(-1)[:, None], 1)).sum(-1)
    count = int((labelled & (rank < top)).sum())
    cost = np.where(labelled, -(labels * np.log(said.clip(min=1e-12))).sum(-1), np.inf)
    found = np.zeros(len(labels), bool)
    found[np.argsort(cost, kind="stable")[:count]] = True
    return found
