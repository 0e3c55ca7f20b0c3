"""Which weak labels are most likely wrong, by what a model that was not trained on a row says of it.

A label is suspect if another class is at least as probable as it is on average for rows so labelled (Northcutt et al.
2021, confident learning). Suspects are sorted by the normalised margin, (1 + p of the label - p of the best other) / 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from outgrow.errors import DataError
from outgrow.plain import counted, plain
from outgrow.trust.confident import meant


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A weak label to look at.

    Args:
        row: its number.
        labeller: whose label it is, by name.
        label, instead: class that it says, and the one that is rather meant.
        self_confidence: the model's probability of the label.
        margin: normalised, 0 to 1; below a half, another class is more probable.
        reason: in words.
    """

    row: int
    labeller: str
    label: int
    instead: int
    self_confidence: float
    margin: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Labeller:
    """How many labels somebody gave, and how many of them are suspect."""

    name: str
    labels: int
    suspect: int

    @property
    def share(self) -> float:
        """Of the labels, those that are suspect; not a share of errors: some suspects are right."""
        return self.suspect / self.labels if self.labels else 0.0


@dataclass(frozen=True, kw_only=True)
class Suspects:
    """Suspect labels, the likeliest errors first; labellers, the worst first; and what to know of both."""

    labels: tuple[Suspect, ...]
    labellers: tuple[Labeller, ...]
    words: tuple[str, ...]


def suspects(
    weak: ArrayLike, probabilities: ArrayLike, *, names: Sequence[str] = (), class_names: Sequence[str] = (),
    most: int = 200,
) -> Suspects:  # fmt: skip
    """The weak labels that the model's out-of-fold answers speak against.

    Args:
        weak: labels of each labeller, probabilities [m, n, K] or [n, K]; a row of zeros says nothing.
        probabilities: of a model that was not trained on the row, [n, K].
        names: of the labellers, m of them.
        class_names: K of them.
        most: labels in the list; all are counted.

    Raises:
        DataError: shapes that do not fit together.
    """
    given, model = np.asarray(weak, np.float64), np.asarray(probabilities, np.float64)
    given = given[None] if given.ndim == 2 else given
    if given.ndim != 3 or given.shape[1:] != model.shape or model.shape[1] < 2:
        raise DataError(
            f"weak labels of shape {list(given.shape)} and probabilities of shape {list(model.shape)}: they are "
            "[labellers, rows, classes] and [rows, classes], with two classes or more"
        )
    m, _, k = given.shape
    called = [plain(one) for one in names] or [f"labeller {i + 1}" for i in range(m)]
    classes = [plain(one) for one in class_names] or [str(i) for i in range(k)]
    if len(called) != m or len(classes) != k:
        raise DataError(f"{len(called)} names for {counted(m, 'labeller')}, {len(classes)} for {k} classes")
    best = given.max(-1, keepdims=True)
    silent, tied = best[..., 0] <= 0, (given == best).sum(-1) > 1
    label = np.where(silent | tied, -1, given.argmax(-1))
    instead = np.broadcast_to(meant(label, model), label.shape)
    own = np.take_along_axis(model[None].repeat(m, 0), np.maximum(label, 0)[..., None], 2)[..., 0]
    other = np.where(np.arange(k) == label[..., None], -1.0, model).max(-1)
    margin = (1 + own - other) / 2
    found = (label >= 0) & (instead >= 0) & (instead != label)
    order = sorted(zip(*np.nonzero(found), strict=True), key=lambda at: (margin[at], at[1], at[0]))
    listed = []
    for at in order[:most]:
        who, row = int(at[0]), int(at[1])
        said, rather = int(label[at]), int(instead[at])
        agree = int((label[:, row] == rather).sum())
        votes = f"; {agree} of {m} labellers say {classes[rather]}" if m > 1 else ""
        reason = (
            f"labelled {classes[said]}, which the model gives {model[row, said]:.2f}; it gives {classes[rather]} "
            f"{model[row, rather]:.2f}{votes}"
        )
        listed.append(
            Suspect(
                row=row, labeller=called[who], label=said, instead=rather, self_confidence=float(own[at]),
                margin=float(margin[at]), reason=reason,
            )
        )  # fmt: skip
    own_labels = [
        Labeller(name=name, labels=int((label[i] >= 0).sum()), suspect=int(found[i].sum()))
        for i, name in enumerate(called)
    ]
    words = [
        f"{found.sum():,} of {counted(int((label >= 0).sum()), 'weak label')} are suspect: another class is as "
        "probable as it is on average for rows so labelled"
    ]
    if tied_ := int((tied & ~silent).sum()):
        words.append(f"{counted(tied_, 'label')} with two classes level are left out")
    if len(order) > most:
        words.append(f"the first {most:,} are listed")
    return Suspects(
        labels=tuple(listed),
        labellers=tuple(sorted(own_labels, key=lambda one: (-one.share, one.name))),
        words=tuple(words),
    )
