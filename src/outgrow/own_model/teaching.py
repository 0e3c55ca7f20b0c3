"""Who teaches a student of weak labels what: all rows, or a part of them, as a teaching."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.experiment import Teaching
from outgrow.learning.losses import CrossEntropy
from outgrow.learning.objective import WeakLabels
from outgrow.methods.base import Method
from outgrow.methods.naive import Naive
from outgrow.models.base import Role
from outgrow.own_labels.choice import Choice
from outgrow.own_model.request import Prepared, divide
from outgrow.own_model.rows import InMemory, OwnRows
from outgrow.specs import TrainSpec

GENTLE = 0.5  # of a text model's usual learning rate: where labels are wrong, smaller steps end at better weights


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What is needed to teach any part of the rows.

    Args:
        method: that was chosen, or asked for.
        choice: why, and the penalty of a linear head; None where nothing was compared.
        features: of the rows as the frozen model sees them; None where it has none.
    """

    prepared: Prepared
    method: Method
    choice: Choice | None
    features: np.ndarray | None

    def teaching(self, some: np.ndarray | None = None) -> Teaching:
        """How a student learns from some rows, given as places among all; from all of them by default.

        A network that is fine-tuned has no features. Where a method does nothing but make targets of labels, these are
        made here, with the features of the frozen model.
        """
        prepared, request, method = self.prepared, self.prepared.request, self.method
        rows = np.arange(len(prepared.table.ids)) if some is None else some
        weak, audited = self._supervisors(rows)
        if not prepared.is_probe and self.features is not None and only_fuses(method):
            named, targets = f"{method.label} of {weak.label}", self._targets(rows, whole=some is None)
            weak, audited, method = InMemory(by=named, ids=weak.ids, votes=targets[None]), None, Naive()
        task = prepared.data.dataset.task if some is None else OwnRows(table=prepared.table, chosen=rows)
        sizes = prepared.data.sizes if some is None else divide(len(rows), probe=prepared.is_probe)
        role = Role(model=request.model, train=TrainSpec(**self._train()))
        return Teaching(
            task=task, split=sizes, weak=weak, audited=audited, method=method, seed=request.seed, strong=role
        )

    def _train(self) -> dict[str, Any]:
        """Fields of the training: what suits the model, and what was asked for."""
        fields = dict(self.prepared.request.model.train_defaults())
        convex = self.method.objective().loss.convex and not self.method.in_epochs
        if self.prepared.is_probe and self.choice is not None and convex:
            fields = {"optimizer": "lbfgs", "l2": self.choice.l2}
        elif self.prepared.tunes_texts:
            fields |= {"learning_rate": GENTLE * fields["learning_rate"], "keep": "last"}
        elif not self.prepared.is_probe:
            fields["keep"] = "best"  # by agreement with the labels of rows that it does not learn from
        return fields | dict(self.prepared.request.train)

    def _weak(self, rows: np.ndarray) -> WeakLabels:
        weak, features = self.prepared.weak, self.features
        return dataclasses.replace(
            weak,
            probabilities=weak.probabilities[:, rows],
            ids=[weak.ids[row] for row in rows],
            groups=[weak.groups[row] for row in rows],
            truth=None if weak.truth is None or not (weak.truth[rows] >= 0).any() else weak.truth[rows],
            features=None if features is None else lambda: features[rows],
        )

    def _targets(self, rows: np.ndarray, *, whole: bool) -> np.ndarray:
        if whole and self.choice is not None:
            return self.choice.fused
        return self.method.objective().lesson(self._weak(rows), seed=self.prepared.request.seed).targets

    def _supervisors(self, rows: np.ndarray) -> tuple[InMemory, InMemory | None]:
        """Who gives the weak labels of some rows, and who tells the truth that may be learned from."""
        weak, table, request = self._weak(rows), self.prepared.table, self.prepared.request
        named = ", ".join(table.labellers[:3]) + (" and others" if len(table.labellers) > 3 else "")
        labels = InMemory(by=named, ids=weak.ids, votes=weak.probabilities)
        if weak.truth is None:
            return labels, None
        known = (weak.truth[:, None] == np.arange(table.output.n_classes)).astype(np.float32)[None]
        return labels, InMemory(by=table.columns.audited or request.audits, ids=weak.ids, votes=known)


def is_plain(method: Method) -> bool:
    """Whether a student learns targets by cross-entropy, as the heads do that methods are compared by."""
    return not method.recipe and method.objective().loss == CrossEntropy()


def only_fuses(method: Method) -> bool:
    """Whether all that a method does is to make targets of the labels."""
    return is_plain(method) and not method.objective().selections
