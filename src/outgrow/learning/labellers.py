"""Who is right how often: confusion matrices of labellers and the probability of each class, by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMOOTHING = 0.01  # added to each count, so that what was never seen stays possible
TOLERANCE, ROUNDS = 1e-5, 10_000  # largest change of a probability, and the most rounds


@dataclass(frozen=True, kw_only=True)
class Fused:
    """What labels of several labellers come to.

    Args:
        posterior: probabilities of the classes of each row, float64 [n, classes]; zero where nothing is known.
        confusion: of each labeller the probability of its label (last) given the class, [labellers, classes, classes].
        shares: of the classes, [classes].
        likelihood: its logarithm before each round, with that of the smoothing; it never falls.
    """

    posterior: np.ndarray
    confusion: np.ndarray
    shares: np.ndarray
    likelihood: tuple[float, ...]

    @property
    def accuracy(self) -> np.ndarray:
        """How often each labeller is right on rows that are as all are, [labellers]."""
        found: np.ndarray = np.einsum("mkk,k->m", self.confusion, self.shares)
        return found


def fuse(
    votes: np.ndarray,
    *,
    prior: np.ndarray | None = None,
    truth: np.ndarray | None = None,
    smoothing: float = SMOOTHING,
) -> Fused:
    """Expectation and maximisation in turn, from the mean of the votes on (Dawid and Skene 1979).

    Labellers are taken to err independently, given the class. A soft label counts as shares of several labels.

    Args:
        votes: [labellers, n, classes]; a row sums to 1, or is zero where that labeller abstains.
        prior: of each row, [n, classes]; by default all rows have the shares of the classes, which are estimated.
        truth: classes that are known, int64 [n], -1 where not: those rows keep it, and labellers are judged by it too.
        smoothing: added to each count of a confusion matrix.
    """
    votes = votes.astype(np.float64)
    labellers, n, classes = votes.shape
    known = np.full(n, -1) if truth is None else truth
    heard = (votes.sum((0, 2)) > 0) | (known >= 0)
    rows, back, counts = _patterns(votes[:, heard], None if prior is None else prior[heard], known[heard])
    said, fixed = rows[:, : labellers * classes].reshape(-1, labellers, classes), rows[:, -1].astype(np.int64)
    given = None if prior is None else np.log(rows[:, labellers * classes : -1].clip(min=1e-12))
    certain = np.where(np.arange(classes) == fixed[:, None], 0.0, -np.inf)
    q = _start(said, fixed)
    history: list[float] = []
    for _ in range(ROUNDS):
        weighted = q * counts[:, None]
        shares = (weighted.sum(0) + smoothing) / (counts.sum() + classes * smoothing)
        confusion = np.einsum("rj,rml->mjl", weighted, said) + smoothing
        confusion /= confusion.sum(-1, keepdims=True)
        logs = np.einsum("rml,mjl->rj", said, np.log(confusion)) + (np.log(shares) if given is None else given)
        logs = np.where(fixed[:, None] >= 0, logs + certain, logs)
        top = logs.max(1, keepdims=True)
        mass = np.exp(logs - top)
        total = mass.sum(1, keepdims=True)
        penalty = smoothing * (np.log(confusion).sum() + (np.log(shares).sum() if given is None else 0.0))
        history.append(float((counts * (np.log(total) + top)[:, 0]).sum() + penalty))
        moved, q = float(np.abs(mass / total - q).max(initial=0.0)), mass / total
        if moved < TOLERANCE:
            break
    posterior = np.zeros((n, classes))
    posterior[heard] = q[back]
    return Fused(posterior=posterior, confusion=confusion, shares=shares, likelihood=tuple(history))


def _patterns(
    votes: np.ndarray, prior: np.ndarray | None, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that are equal once: votes, prior and what is known as columns; which of them each row is; how many are."""
    n = votes.shape[1]
    columns = [votes.transpose(1, 0, 2).reshape(n, -1), known[:, None].astype(np.float64)]
    if prior is not None:  # hardly two rows are equal
        columns.insert(1, prior.astype(np.float64))
        return np.concatenate(columns, 1), np.arange(n), np.ones(n)
    rows, back, counts = np.unique(np.concatenate(columns, 1), axis=0, return_inverse=True, return_counts=True)
    return rows, back.reshape(-1), counts.astype(np.float64)


def _start(said: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """The mean of the votes of each row [rows, classes], or what is known; even where it has neither."""
    classes = said.shape[-1]
    total = said.sum(1)
    mass = total.sum(-1, keepdims=True)
    mean = np.divide(total, mass, out=np.full_like(total, 1 / classes), where=mass > 0)
    found: np.ndarray = np.where(fixed[:, None] >= 0, np.arange(classes) == fixed[:, None], mean)
    return found
