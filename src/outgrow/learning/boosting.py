"""AdaBoost for any number of classes: SAMME (Zhu et al. 2009), which for two classes is AdaBoost.M1."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Round:
    """What comes of one model.

    Args:
        error: how often it is wrong on rows that count by their weights.
        vote: how much its answers count: log((1 - e) / e) + log(classes - 1); 0 where it is no better than chance.
        weights: of the rows for the next model, float64 [n], their mean 1.
        ended: whether nothing can come after it: it is no better than chance, or is never wrong.
    """

    error: float
    vote: float
    weights: np.ndarray
    ended: bool


def boost(weights: np.ndarray, wrong: np.ndarray, classes: int) -> Round:
    """Weights so that the last model would be wrong as often as it were by chance: 1/2, or (classes - 1) / classes.

    A model that is never wrong gets the vote of one that is wrong on half a row, and the weights stay.

    Args:
        weights: that it was trained with, at least 0, [n].
        wrong: where it is wrong, bool [n].
    """
    weights = weights.astype(np.float64)
    error = float(weights[wrong].sum() / weights.sum())
    ended = error == 0 or error >= 1 - 1 / classes
    least = min(max(error, 0.5 / len(weights)), 1 - 1 / classes)
    vote = max(0.0, math.log((1 - least) / least) + math.log(classes - 1))
    after = weights if ended else np.where(wrong, weights * math.exp(vote), weights)
    return Round(error=error, vote=vote, weights=after / after.mean(), ended=ended)


def together(answers: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """Answers of models [models, n, classes], weighted by their votes [models], float32 [n, classes].

    Where nobody has a vote, the first is followed.
    """
    shares = votes / votes.sum() if votes.sum() > 0 else np.eye(len(votes))[0]
    found: np.ndarray = np.einsum("m,mnk->nk", shares, answers.astype(np.float64))
    return found.astype(np.float32)
