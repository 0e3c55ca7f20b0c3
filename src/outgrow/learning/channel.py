"""How labels err, as a matrix: the probability of each label (columns) given the true class (rows)."""

from __future__ import annotations

import numpy as np

WORST = 100.0  # condition number of a matrix that is inverted: errors of its entries count as many times


def symmetric(flip: float, classes: int) -> np.ndarray:
    """A label is wrong with probability `flip`, and then any other class alike: [classes, classes]."""
    found = np.full((classes, classes), flip / (classes - 1))
    np.fill_diagonal(found, 1 - flip)
    return found


def estimated(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean labels of the rows of each true class (Hendrycks et al. 2018), with one row more that errs as all do.

    Without that row, a class of which no row is known would have no estimate, and a label that was never seen to be
    wrong would count as proof.

    Args:
        said: labels [n, classes], rows summing to 1, or zero where there is none.
        truth: of each row, int64 [n], -1 where not known.
    """
    classes = said.shape[1]
    rows = np.flatnonzero((truth >= 0) & said.any(1))
    if not len(rows):
        return np.eye(classes)
    wrong = float(1 - said[rows, truth[rows]].mean(dtype=np.float64))
    counts = symmetric(min(max(wrong, 0.0), 1.0), classes)
    np.add.at(counts, truth[rows], said[rows])
    return np.asarray(counts / counts.sum(1, keepdims=True))


def unbiased(said: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """Labels [n, classes] times the inverse of how they err, float32: what they are on average where they were right.

    Raises:
        ValueError: labels tell so little of the truth that this would be noise, or a class is left with no share.
    """
    condition = float(np.linalg.cond(channel))
    if not condition <= WORST:
        raise ValueError(
            f"they hardly depend on the true class (condition number {condition:.3g}, at most {WORST:g} can be "
            "corrected); take another supervisor, or more rows of known truth"
        )
    found = said @ np.linalg.inv(channel)
    shares = found[said.any(1)].mean(0)
    if (shares <= 0).any():
        worst = int(shares.argmin())
        raise ValueError(
            f"corrected for their errors, they leave class {worst} a share of {shares[worst]:.1%}; take "
            "forward_correction, or more rows of known truth"
        )
    return np.asarray(found, np.float32)


def told(channel: np.ndarray, known: int) -> str:
    """A note: how often labels are right, over classes that are equally many."""
    right = channel.diagonal()
    basis = f"judged by {known:,} rows of known truth" if known else "as was said"
    each = f"{right.min():.1%} to {right.max():.1%} by true class"
    return f"labels are taken to be right, {basis}, in {right.mean():.1%} of rows of each class on average ({each})"
