"""A classifier that learns from weak labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from outgrow.estimators.base import WeakToStrong
from outgrow.estimators.head import Grown
from outgrow.models.base import Model
from outgrow.models.bases.images import ImageModel


class WeakToStrongClassifier(WeakToStrong):
    """A linear classifier trained on weak labels, with the interface of scikit-learn.

    X is a table of numbers [n, d], which stays in its units, or with `model` texts [n], paths of images [n], or what
    else that model sees. y holds weak labels: classes [n], probabilities [n, K], classes by several annotators
    [n, labellers], or their probabilities [n, labellers, K].

    Args:
        model: whose frozen features the head reads: a name of `outgrow list models`, a table with `model` and its
            options, or None where X holds numbers.
        method: how to learn from weak labels: `auto` chooses by evidence; else a method of `outgrow list methods`, or
            a list of methods, transforms, selections and losses.
        l2: penalty of the head, as `l2` of a training; None chooses it.
        budget: how many audited rows may be learned from; None for half of them. The others check the result.
        labels: how y is read: `classes`, `probabilities`, `annotators`; `auto` goes by type and shape.
        abstain: the label that says nothing, besides None, NaN and empty text, or a list of such; None for no other.
            `auto` takes -1 for it in a matrix of annotators, and never in a vector.
        classes: all classes in order, which is that of columns of probabilities unless their names say otherwise; None
            finds them in y.
        random_state: seed of all that is drawn; None draws a new one for each fit.
        device: that a model computes on: `auto`, `cpu`, `cuda` or `mps`.

    Attributes:
        classes_: the classes [K].
        coef_, intercept_: of numbers, in units of X, [K, d] and [K].
        student_: of a model, the trained student.
        method_, l2_, reasons_: what was chosen, and why; `choice_` with the evidence, None where there was no choice.
        out_of_fold_: probabilities float32 [n, K] by heads that did not learn from the row; NaN for rows of weight 0
            or with an empty text; None where fewer than 20 rows differ.
        labellers_, reading_: names of the labellers, and how y was read.
        learned_, checking_: numbers of the audited rows that were learned from, and of those that were not.
        accuracy_: an `Estimate` with `value`, `low`, `high` and `n`, by the rows of `checking_`; None without such.
        notes_: what was left out, tied or taken for none.
    """

    _kind = "classification"

    def _numbers(self, X: Any, *, reset: bool) -> np.ndarray:
        return self._table(X, reset=reset)

    def _logits(self, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(numbers @ self.coef_.T + self.intercept_)

    def _keep_numbers(self, grown: Grown) -> None:
        self.coef_ = grown.weight / grown.deviation
        self.intercept_ = grown.bias - self.coef_ @ grown.mean

    def _columns(self, model: Model) -> dict[str, str]:
        name = "image" if isinstance(model, ImageModel) else "text"
        return {name: name}
