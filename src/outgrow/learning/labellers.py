"""Who is right how often: confusion matrices of labellers and the probability of each class, by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.plain import counted

SMOOTHING = 0.01  # added to each count, so that what was never seen stays possible
TOLERANCE, ROUNDS = 1e-5, 10_000  # largest change of a probability, and the most rounds
FEW = 50  # rows that others label too, or whose class is known: by fewer nobody is judged well
STEPS, RIDGE = 100, 1e-4  # of a calibration: the most, and what keeps its numbers near 1 and 0


@dataclass(frozen=True, kw_only=True)
class Fused:
    """What labels of several labellers come to.

    Args:
        posterior: probabilities of the classes of each row, float64 [n, classes]; zero where nothing is known.
        confusion: of each labeller the probability of its label (last) given the class, [labellers, classes, classes];
            not a number where nothing shows it.
        shares: of the classes, [classes].
        likelihood: its logarithm before each round, with that of the smoothing; it never falls.
        settled: whether it came to rest within the rounds.
    """

    posterior: np.ndarray
    confusion: np.ndarray
    shares: np.ndarray
    likelihood: tuple[float, ...]
    settled: bool

    @property
    def accuracy(self) -> np.ndarray:
        """How often each labeller is right on rows that are as all are, [labellers]."""
        found: np.ndarray = np.einsum("mkk,k->m", self.confusion, self.shares)
        return found


def hardest(votes: np.ndarray) -> np.ndarray:
    """Each label's most probable class, k equals as 1/k each, float64 [..., classes]; zeros where nothing is said."""
    best = (votes == votes.max(-1, keepdims=True)) & (votes > 0)
    return np.asarray(best / np.maximum(best.sum(-1, keepdims=True), 1), np.float64)


def judged_by(votes: np.ndarray, truth: np.ndarray | None = None) -> np.ndarray:
    """By how many rows it shows how each labeller errs, [labellers]: those that others label too, or of known class."""
    says = np.asarray(votes.any(-1))
    shows = says.sum(0) > 1 if truth is None else (says.sum(0) > 1) | (truth >= 0)
    return np.asarray((says & shows).sum(1))


def fuse(
    votes: np.ndarray,
    *,
    prior: np.ndarray | None = None,
    truth: np.ndarray | None = None,
    smoothing: float = SMOOTHING,
    rounds: int = ROUNDS,
    audit: float = 1.0,
) -> Fused:
    """Expectation and maximisation in turn, from the mean of the votes on (Dawid and Skene 1979).

    Labellers are taken to err independently, given the class. A soft label counts as shares of several labels. Where
    nothing shows how a labeller errs, neither a prior nor a row that another labels too, its labels stay as they are:
    any errors would make them equally likely.

    Args:
        votes: [labellers, n, classes]; a row sums to 1, or is zero where that labeller abstains.
        prior: of each row, [n, classes]; by default all rows have the shares of the classes, which are estimated.
        truth: classes that are known, int64 [n], -1 where not: those rows keep it, and labellers are judged by it too.
        smoothing: added to each count of a confusion matrix.
        rounds: at most so many.
        audit: as how many rows each row counts whose class is known.
    """
    votes = votes.astype(np.float64)
    labellers, n, classes = votes.shape
    known = np.full(n, -1) if truth is None else truth
    heard = (votes.sum((0, 2)) > 0) | (known >= 0)
    unseen = np.full(labellers, False) if prior is not None else judged_by(votes, truth) == 0
    alone = votes[unseen].any((0, 2))  # rows that nobody else labels
    heard &= ~alone
    rows, back, counts = _patterns(votes[:, heard], None if prior is None else prior[heard], known[heard])
    beside, fixed = np.ascontiguousarray(rows[:, : labellers * classes]), rows[:, -1].astype(np.int64)
    given = None if prior is None else np.log(rows[:, labellers * classes : -1].clip(min=1e-12))
    counts = np.where(fixed >= 0, audit * counts, counts)
    certain = np.where(np.arange(classes) == fixed[:, None], 0.0, -np.inf)
    q = _start(beside.reshape(-1, labellers, classes), fixed)
    history, moved = list[float](), 0.0
    for _ in range(rounds):
        weighted = q * counts[:, None]
        shares = (weighted.sum(0) + smoothing) / (counts.sum() + classes * smoothing)
        confusion = (weighted.T @ beside).reshape(classes, labellers, classes).swapaxes(0, 1) + smoothing
        confusion /= confusion.sum(-1, keepdims=True)
        each = np.log(confusion).swapaxes(1, 2).reshape(labellers * classes, classes)
        logs = beside @ each + (np.log(shares) if given is None else given)
        logs = np.where(fixed[:, None] >= 0, logs + certain, logs)
        top = logs.max(1, keepdims=True)
        mass = np.exp(logs - top)
        total = mass.sum(1, keepdims=True)
        penalty = smoothing * (np.log(confusion).sum() + (np.log(shares).sum() if given is None else 0.0))
        history.append(float((counts * (np.log(total) + top)[:, 0]).sum() + penalty))
        moved, q = float(np.abs(mass / total - q).max(initial=0.0)), mass / total
        if moved < TOLERANCE:
            break
    posterior = votes.sum(0) * alone[:, None]
    posterior[heard] = q[back]
    confusion = np.where(unseen[:, None, None], np.nan, confusion)
    return Fused(
        posterior=posterior, confusion=confusion, shares=shares, likelihood=tuple(history), settled=moved < TOLERANCE
    )


def doubts(rows: np.ndarray, found: Fused) -> list[str]:
    """What speaks against a result, in words, by how many rows each labeller is judged."""
    notes, some = [], rows[(rows > 0) & (rows < FEW)]
    if unseen := int((rows == 0).sum()):
        notes.append(
            f"the labels of {unseen} of {counted(len(rows), 'labeller')} stay as they are: nobody else labels a row of "
            "theirs, so that nothing shows how often they err"
        )
    if len(some):
        notes.append(
            f"how {len(some)} of {counted(len(rows), 'labeller')} err is judged by few rows that others label too, "
            f"{some.min():,} at least: what dawid_skene makes of that may be worse than the vote"
        )
    return notes if found.settled else [*notes, f"dawid_skene did not come to rest in {len(found.likelihood):,} rounds"]


def posterior_of(
    votes: np.ndarray, confusion: np.ndarray, prior: np.ndarray, *, truth: np.ndarray | None = None
) -> np.ndarray:
    """Probabilities [n, classes] given the labels of labellers who err by `confusion`, and a prior of each row.

    Rows whose class is known have it; a row without a label has its prior.
    """
    logs = np.einsum("mnl,mjl->nj", votes, np.log(confusion)) + np.log(prior.clip(min=1e-12))
    found = np.exp(logs - logs.max(1, keepdims=True))
    found /= found.sum(1, keepdims=True)
    if truth is not None:
        found = np.where(truth[:, None] >= 0, np.arange(votes.shape[-1]) == truth[:, None], found)
    return np.asarray(found)


def likelihood_of(
    votes: np.ndarray,
    confusion: np.ndarray,
    prior: np.ndarray,
    *,
    truth: np.ndarray | None = None,
    audit: float = 1.0,
) -> float:
    """The logarithm of the probability of the labels, and of the known classes, the mean over rows."""
    logs = np.einsum("mnl,mjl->nj", votes, np.log(confusion)) + np.log(prior.clip(min=1e-12))
    weights = np.ones(len(prior))
    if truth is not None:
        logs = np.where((truth[:, None] < 0) | (np.arange(votes.shape[-1]) == truth[:, None]), logs, -np.inf)
        weights = np.where(truth >= 0, audit, 1.0)
    top = logs.max(1)
    return float(weights @ (np.log(np.exp(logs - top[:, None]).sum(1)) + top) / weights.sum())


def calibrated(
    answers: np.ndarray,
    votes: np.ndarray,
    confusion: np.ndarray,
    *,
    truth: np.ndarray | None = None,
    audit: float = 1.0,
) -> np.ndarray:
    """A head's answers [n, classes], sharpened and shifted so that the labels are as likely as they can be.

    A head that learns uncertain labels is too unsure, and leans to the class that labels lean to. Its logits times a
    number and plus one for each class say what the labels show: the most likely such numbers are found by expectation
    and maximisation, the errors of the labellers being known.
    """
    classes = answers.shape[1]
    heard = (votes.sum((0, 2)) > 0) if truth is None else (votes.sum((0, 2)) > 0) | (truth >= 0)
    weights = heard * (1.0 if truth is None else np.where(truth >= 0, audit, 1.0))
    weights = weights / weights.sum()
    logits = np.log(answers.astype(np.float64).clip(min=1e-9))
    logits -= logits.mean(1, keepdims=True)
    slope, offsets = 1.0, np.zeros(classes)
    for _ in range(STEPS):
        prior = _softmax(slope * logits + offsets)
        left = posterior_of(votes, confusion, prior, truth=truth) - prior
        pull = RIDGE * np.concatenate([[slope - 1], offsets])
        gradient = np.concatenate([[weights @ (left * logits).sum(1)], weights @ left]) - pull
        step = np.linalg.solve(_curvature(prior, logits, weights) + RIDGE * np.eye(classes + 1), gradient)
        slope, offsets = slope + float(step[0]), offsets + step[1:]
        if float(np.abs(step).max()) < TOLERANCE:
            break
    return _softmax(slope * logits + offsets)


def _softmax(logits: np.ndarray) -> np.ndarray:
    found = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(found / found.sum(1, keepdims=True))


def _curvature(prior: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Second derivatives by a slope of the logits and an offset of each class, [1 + classes, 1 + classes]."""
    mean = (prior * logits).sum(1)
    beside = weights @ (prior * (logits - mean[:, None]))
    found = np.empty((prior.shape[1] + 1, prior.shape[1] + 1))
    found[0, 0] = weights @ ((prior * logits**2).sum(1) - mean**2)
    found[0, 1:] = found[1:, 0] = beside
    found[1:, 1:] = np.diag(weights @ prior) - prior.T @ (prior * weights[:, None])
    return found


def _patterns(
    votes: np.ndarray, prior: np.ndarray | None, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that are equal once: votes, prior and what is known as columns; which of them each row is; how many are."""
    n = votes.shape[1]
    columns = [votes.transpose(1, 0, 2).reshape(n, len(votes) * votes.shape[2]), known[:, None].astype(np.float64)]
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
