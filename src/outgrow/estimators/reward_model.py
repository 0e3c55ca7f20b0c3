"""A reward model that learns from weak preferences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from outgrow.estimators.base import WeakToStrong
from outgrow.estimators.cells import WrongInput
from outgrow.estimators.head import Grown
from outgrow.estimators.inputs import check_fit, inputs_of, raw_features
from outgrow.estimators.labels import Read
from outgrow.estimators.units import scaled
from outgrow.models.base import Model
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Output


class WeakToStrongRewardModel(WeakToStrong):
    """A linear reward trained on weak preferences, with the interface of scikit-learn.

    X holds pairs of candidates: features [n, 2, d], differences of features [n, d], the second's less the first's, or
    with `model` texts [n, 2]. y says which is better: the lower of two classes means the first (0, "first", "a"), the
    higher one the second (1, "second", "b"); or the probability of the second [n]; or annotators [n, labellers].

    The reward is linear without a constant: swapped candidates swap their probabilities, and equal ones have one half
    each.

    Args:
        model, method, l2, budget, labels, abstain, random_state, device: as those of `WeakToStrongClassifier`.
        classes: the labels of "the first is better" and "the second is better"; None finds and sorts them.

    Attributes:
        coef_: of numbers, the reward of each feature in units of X, [d].
        classes_, student_, method_, l2_, reasons_, choice_, out_of_fold_, labellers_, reading_, learned_, checking_,
            notes_, accuracy_: as those of `WeakToStrongClassifier`.
    """

    _kind = "preference"

    def reward(self, X: Any) -> np.ndarray:
        """Rewards float [n] of single candidates: features [n, d], or texts [n]. Their zero means nothing."""
        check_is_fitted(self)
        student: Student | None = getattr(self, "student_", None)
        if student is None:
            return np.asarray(self._table(X, reset=False) @ self.coef_)
        texts = inputs_of(X, student.model, pairs=False)
        check_fit(texts, student.model, student.output)
        two_by_two = np.concatenate([texts, texts[-1:]])[: len(texts) + len(texts) % 2].reshape(-1, 2)
        raw, _ = raw_features(student.model, two_by_two, student.output, self._machine())
        mean, deviation = (student.state[name].numpy() for name in (MEAN, DEVIATION))
        features = scaled(raw.reshape(-1, raw.shape[-1])[: len(texts)], mean, deviation)
        return np.asarray(features @ student.state["head.weight"].numpy()[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.three_d_array = self.model is None
        return tags

    def _numbers(self, X: Any, *, reset: bool) -> np.ndarray:
        if len(getattr(X, "shape", ()) or np.asarray(X).shape) == 3:
            pairs = check_array(X, dtype=[np.float64, np.float32], allow_nd=True)
            if pairs.shape[1] != 2:
                raise WrongInput(f"X has the shape {pairs.shape}; pairs of features have two candidates, [n, 2, d]")
            X = pairs[:, 1] - pairs[:, 0]
        return self._table(X, reset=reset)

    def _logits(self, numbers: np.ndarray) -> np.ndarray:
        better = numbers @ self.coef_
        return np.stack([-better / 2, better / 2], 1)

    def _output(self, read: Read) -> Output:
        if len(read.classes) > 2:
            raise WrongInput(
                f"Only binary classification is supported. y has {len(read.classes)} classes, and a pair has two: the "
                "first is better, or the second"
            )
        return super()._output(read)

    def _keep_numbers(self, grown: Grown) -> None:
        self.coef_ = grown.weight[0] / grown.deviation

    def _columns(self, model: Model) -> dict[str, str]:
        return {"first": "first", "second": "second"}
