"""What both estimators share: their parameters, the way from X and weak labels to a head, and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from outgrow.config.build import method as method_of
from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.estimators.cells import WrongInput
from outgrow.estimators.head import Grown, grow
from outgrow.estimators.inputs import alike, check_fit, inputs_of, model_of, raw_features
from outgrow.estimators.labels import Read, read_labels
from outgrow.learning.objective import WeakLabels
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.models.bases.images import PROBE
from outgrow.own_labels.budget import divided
from outgrow.plain import counted
from outgrow.runtime import Runtime
from outgrow.spec import short
from outgrow.specs import TrainSpec
from outgrow.steps.context import machine_of
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine


class WeakToStrong(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear head that learns from weak labels, on numbers or on features of a pretrained model."""

    _kind: ClassVar[Kind]

    def __init__(
        self,
        model: str | Mapping[str, Any] | Model | None = None,
        method: Any = "auto",
        l2: float | None = None,
        budget: int | None = None,
        labels: str = "auto",
        abstain: Any = "auto",
        classes: Sequence[Any] | None = None,
        random_state: Any = 0,
        device: str = "auto",
    ) -> None:
        self.model = model
        self.method = method
        self.l2 = l2
        self.budget = budget
        self.labels = labels
        self.abstain = abstain
        self.classes = classes
        self.random_state = random_state
        self.device = device

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, audited: Any = None, *, weak_labels: Any = None
    ) -> Self:
        """Learn from weak labels.

        Args:
            X: rows.
            y: their weak labels; `weak_labels` is another name for it.
            sample_weight: how much each row counts in the training, [n], at least 0.
            audited: the truth of rows that somebody checked: [n] with None elsewhere, or from rows to classes.

        Raises:
            WrongInput: a ValueError that says what is wrong with the data.
            ConfigError: a parameter is wrong.
        """
        if y is not None and weak_labels is not None:
            raise WrongInput("y and weak_labels are two names of the same labels; give one of them")
        said = weak_labels if y is None else y
        if said is None:
            raise WrongInput(f"{type(self).__name__} requires y to be passed, but the target y is None")
        method, seed, model = self._method(), self._seed(), None if self.model is None else model_of(self.model)
        inputs = self._inputs(X, model, reset=True)
        read = read_labels(said, labels=self.labels, abstain=self.abstain, classes=self.classes, audited=audited)
        n = len(inputs)
        if len(read.truth) != n:
            raise WrongInput(f"X has {counted(n, 'row')} and y {len(read.truth):,}; inconsistent numbers of samples")
        weights = _weights(sample_weight, n)
        kept = np.flatnonzero(weights)
        output = self._output(read, kept)
        if model is not None:
            check_fit(inputs, model, output)
        groups = alike(inputs)
        known = np.flatnonzero((read.truth >= 0) & (weights > 0))
        self.learned_, self.checking_ = self._divided(known, groups, seed)
        raw, told = inputs[kept], list[str]()
        if model is not None:
            raw, told = raw_features(model, inputs[kept], output, self._machine())
        grown = grow(
            raw, self._weak(read, groups, kept), output, weights=weights[kept], method=method, l2=self.l2, seed=seed,
            spec=TrainSpec(**(PROBE if model is None else model.train_defaults())), stored=model is not None,
        )  # fmt: skip
        self.classes_, self.labellers_ = read.classes, list(read.labellers)
        self.method_, self.l2_, self.choice_ = grown.method, grown.l2, grown.choice
        self.reasons_, self.notes_ = list(grown.reasons), [*read.notes, *told, *grown.notes]
        self.out_of_fold_ = None if grown.out_of_fold is None else np.full((n, output.n_classes), np.nan, np.float32)
        if self.out_of_fold_ is not None:
            self.out_of_fold_[kept] = grown.out_of_fold
        self._keep(grown, model, output, read, seed)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities [n, classes], columns as `classes_`."""
        check_is_fitted(self)
        student: Student | None = getattr(self, "student_", None)
        if student is not None:
            return student.answers(self._inputs(X, student.model, reset=False), self._machine())
        logits = self._logits(self._inputs(X, None, reset=False))
        found = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(found / found.sum(1, keepdims=True))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row, [n]; of equal ones the first."""
        found = self.predict_proba(X)
        return np.asarray(self.classes_[found.argmax(1)])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of rows whose predicted class is what y says, in any form that `fit` takes.

        With the truth it is accuracy, with weak labels agreement. Of several annotators the mean counts: a class that
        shares the lead with others is right in part. Rows without a label are left out.
        """
        predicted = self.predict(X)
        read = read_labels(y, labels=self.labels, abstain=self.abstain, classes=self.classes_, open_=True)
        if len(read.truth) != len(predicted):
            raise WrongInput(f"X has {counted(len(predicted), 'row')} and y {len(read.truth):,}")
        mean = read.votes.mean(0)
        leads = (mean >= mean.max(1, keepdims=True) - 1e-6) & (mean.max(1, keepdims=True) > 0)
        own = predicted[:, None] == read.classes
        weights = _weights(sample_weight, len(predicted)) * leads.any(1)
        if not weights.any():
            raise WrongInput("y says nothing about any row of X, so that there is nothing to score by")
        return float(np.average((leads & own).sum(1) / np.maximum(leads.sum(1), 1), weights=weights))

    def save(self, folder: str | Path) -> Path:
        """Write the fitted estimator into a folder, as JSON and safetensors; `load` reads it.

        With a pretrained model it is a model folder, which `outgrow label` and `outgrow export` take too.
        """
        from outgrow.estimators.folder import save

        check_is_fitted(self)
        return save(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The estimator of a folder that `save`, or `outgrow train`, wrote.

        Raises:
            ConfigError: there is none, or one of another kind.
            DataError: it is damaged.
        """
        from outgrow.estimators.folder import load

        return load(cls, Path(folder))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.model is not None:
            tags.input_tags.two_d_array = False
            tags.input_tags.one_d_array = self._kind == "classification"
            tags.input_tags.string = True
        return tags

    def _inputs(self, X: Any, model: Model | None, *, reset: bool) -> np.ndarray:
        if model is not None:
            return inputs_of(X, model, pairs=self._kind == "preference")
        return self._numbers(X, reset=reset)

    def _numbers(self, X: Any, *, reset: bool) -> np.ndarray:
        raise NotImplementedError

    def _logits(self, numbers: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _method(self) -> Method | None:
        if isinstance(self.l2, bool) or not (self.l2 is None or (np.isreal(self.l2) and self.l2 >= 0)):
            raise ConfigError(f"l2 = {short(self.l2)}: the penalty is a number of at least 0, or None to choose it")
        if isinstance(self.method, Method) or (isinstance(self.method, str) and self.method == "auto"):
            return None if isinstance(self.method, str) else self.method
        found = method_of(self.method, Where("method", ""))
        if why := found.objective().misfit(self._kind):
            raise ConfigError(f"method = {short(self.method)}: {why}")
        return found

    def _seed(self) -> int:
        """As everywhere in scikit-learn: None draws a new one for each fit, a generator is drawn from."""
        drawn = check_random_state(self.random_state)
        whole = isinstance(self.random_state, int | np.integer)
        return int(self.random_state) if whole else int(drawn.randint(np.iinfo(np.int32).max))

    def _machine(self) -> Machine:
        return machine_of(Runtime(device=self.device))  # type: ignore[arg-type]

    def _output(self, read: Read, kept: np.ndarray) -> Output:
        named = read.classes[read.votes[:, kept].any((0, 1)) | np.isin(np.arange(len(read.classes)), read.truth[kept])]
        if len(named) < 2:
            what = f"one class, {short(named[0])}" if len(named) else "no class"
            raise WrongInput(f"y has {what}: labels of at least two classes are needed to learn from")
        names = tuple(map(str, read.classes))
        return Output(kind="classification", n_classes=len(names), class_names=names)

    def _weak(self, read: Read, groups: Sequence[str], kept: np.ndarray) -> WeakLabels:
        times: dict[str, int] = {}
        ids = []
        for row in kept.tolist():
            times[groups[row]] = times.get(groups[row], 0) + 1
            ids.append(f"{groups[row]}-{times[groups[row]]}")
        truth = np.full(len(read.truth), -1)
        truth[self.learned_] = read.truth[self.learned_]
        return WeakLabels(
            probabilities=read.votes[:, kept],
            ids=ids,
            groups=[groups[row] for row in kept],
            truth=truth[kept] if len(self.learned_) else None,
        )

    def _divided(self, known: np.ndarray, groups: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
        whole = isinstance(self.budget, int | np.integer) and not isinstance(self.budget, bool)
        if self.budget is not None and not (whole and 0 <= self.budget <= len(known)):
            raise ConfigError(
                f"budget = {short(self.budget)}: how many audited rows may be learned from, 0 to {len(known):,} here; "
                "None for half of them"
            )
        ids = [f"{row:09}" for row in range(len(groups))]
        return divided(known, groups, ids, budget=self.budget, seed=seed)

    def _keep(self, grown: Grown, model: Model | None, output: Output, read: Read, seed: int) -> None:
        """The head, in units of X; or the student that it makes of a model."""
        vars(self).pop("student_", None)
        if model is None:
            self._keep_numbers(grown)
            return
        import torch

        from outgrow.estimators.folder import about

        moments = {MEAN: grown.mean.astype(np.float32), DEVIATION: grown.deviation.astype(np.float32)}
        bias = {} if output.kind == "preference" else {"head.bias": torch.from_numpy(grown.bias)}
        state = {name: torch.from_numpy(value) for name, value in moments.items()} | bias
        self.student_ = Student(
            model=model,
            output=output,
            state={"head.weight": torch.from_numpy(grown.weight), **state},
            columns=self._columns(model),
            about=about(self, read, seed),
        )

    def _keep_numbers(self, grown: Grown) -> None:
        raise NotImplementedError

    def _columns(self, model: Model) -> dict[str, str]:
        raise NotImplementedError


def _weights(given: Any, n: int) -> np.ndarray:
    if given is None:
        return np.ones(n)
    found = np.asarray(given, np.float64)
    if found.shape != (n,):
        raise WrongInput(f"sample_weight has the shape {found.shape}: give {counted(n, 'number')}, one for each row")
    if wrong := found[~(np.isfinite(found) & (found >= 0))].tolist():
        raise WrongInput(f"sample_weight holds {wrong[0]}; a weight is at least 0")
    if not found.any():
        raise WrongInput("sample_weight is zero for every row, so that nothing is left to learn from")
    return found
