"""What both estimators share: their parameters, the way from X and weak labels to a head, and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from outgrow.config.build import method as method_of
from outgrow.config.build import method_table
from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.estimators.accuracy import accuracy
from outgrow.estimators.cells import WrongInput, tidy
from outgrow.estimators.head import Grown, grow
from outgrow.estimators.inputs import a_text, alike, check_fit, empty, inputs_of, model_of, raw_features
from outgrow.estimators.labels import Read, read_labels
from outgrow.estimators.rows import check_classes, check_split, leads, oddities, shared_out, weak_labels_of, weights_of
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.models.bases.images import PROBE
from outgrow.plain import counted
from outgrow.runtime import Runtime
from outgrow.spec import short
from outgrow.specs import TrainSpec
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    from outgrow.learning.machine import Machine

LARGEST = 1e8  # penalty; of a larger one not even the shares of the classes are found, in float32


class WeakToStrong(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A linear head that learns from weak labels, on numbers or on features of a pretrained model."""

    _kind: ClassVar[Kind]
    student_: Student

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
            audited: the truth of rows that somebody checked: [n] with None elsewhere, or from rows to classes. Only the
                array is split along with X, in a cross-validation.

        Raises:
            WrongInput: a ValueError that says what is wrong with the data.
            ConfigError: a parameter is wrong.
        """
        if y is not None and weak_labels is not None:
            raise WrongInput("y and weak_labels are two names of the same labels; give one of them")
        said = weak_labels if y is None else y
        if said is None:
            raise WrongInput(f"{type(self).__name__} requires y to be passed, but the target y is None")
        check_split(audited, along=bool(self.get_metadata_routing().fit.requests.get("audited")))
        method, l2, seed = self._method(), self._penalty(), self._seed()
        Runtime(device=self.device)  # type: ignore[arg-type]
        model = None if self.model is None else model_of(self.model)
        inputs = self._inputs(X, model, reset=True)
        read = read_labels(said, labels=self.labels, abstain=self.abstain, classes=self.classes, audited=audited)
        n = len(inputs)
        if len(read.truth) != n:
            raise WrongInput(f"X has {counted(n, 'row')} and y {len(read.truth):,}; inconsistent numbers of samples")
        weights = weights_of(sample_weight, n)
        blank = empty(inputs)
        kept = np.flatnonzero((weights > 0) & ~blank)
        if blank.all():
            raise WrongInput("X has nothing to learn from: every row is empty")
        check_classes(read, kept)
        output = self._output(read)
        if model is not None:
            check_fit(inputs[kept], model, output)
        groups = alike(inputs)
        audits = kept[read.truth[kept] >= 0]
        self.learned_, self.checking_ = shared_out(audits, groups, budget=self.budget, seed=seed)
        if method is not None and method.uses_truth and not len(self.learned_):
            raise WrongInput(
                f"method = {short(self.method)} learns from rows whose truth is known, and there are none to learn "
                "from: give some as `audited`, and how many of them may be learned from as `budget`"
            )
        raw, told = inputs[kept], oddities(read, np.setdiff1d(kept, self.learned_))
        if model is not None:
            raw, more = raw_features(model, inputs[kept], output, self._machine())
            told += more
        if blank.any():
            told.append(f"{counted(int(blank.sum()), 'row')} of X with nothing in it: left out of the training")
        if lost := len(audits) - len(self.learned_) - len(self.checking_):
            told.append(f"{counted(lost, 'audited row')} like one that is learned from: neither learned nor checked by")
        grown = grow(
            raw, weak_labels_of(read, groups, kept, learned=self.learned_), output, weights=weights[kept],
            method=method, l2=l2, seed=seed,
            spec=TrainSpec(**(PROBE if model is None else model.train_defaults())),
        )  # fmt: skip
        self.classes_, self.labellers_, self.reading_ = read.classes, list(read.labellers), read.reading
        self.method_, self.l2_, self.choice_ = method_table(grown.method), float(grown.l2), grown.choice
        self.reasons_, self.notes_ = list(grown.reasons), [*read.notes, *told, *grown.notes]
        self.out_of_fold_ = None if grown.out_of_fold is None else np.full((n, output.n_classes), np.nan, np.float32)
        if self.out_of_fold_ is not None:
            self.out_of_fold_[kept] = grown.out_of_fold
        self.accuracy_ = accuracy(self.out_of_fold_, kept, self.checking_, read.truth)
        self._keep(grown, model, output, read, seed)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities [n, classes], columns as `classes_`."""
        check_is_fitted(self)
        student: Student | None = getattr(self, "student_", None)
        if student is not None:
            inputs = self._inputs(X, student.model, reset=False)
            check_fit(inputs, student.model, student.output)
            return student.answers(inputs, self._machine())
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
        several = tidy(y, "y").values.ndim > 1  # a few rows may not tell how they are meant; those of `fit` did
        how = self.reading_ if several and self.reading_ != "classes" else "auto"
        read = read_labels(y, labels=how, abstain=self.abstain, classes=self.classes_, open_=True)
        if len(read.truth) != len(predicted):
            raise WrongInput(f"X has {counted(len(predicted), 'row')} and y {len(read.truth):,}")
        best, own = leads(read.votes), predicted[:, None] == read.classes
        weights = weights_of(sample_weight, len(predicted)) * best.any(1)
        if not weights.any():
            raise WrongInput("y says nothing about any row of X, so that there is nothing to score by")
        return float(np.average((best & own).sum(1) / np.maximum(best.sum(1), 1), weights=weights))

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

        found: Self = load(cls, Path(folder))
        return found

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

    def _table(self, X: Any, *, reset: bool) -> np.ndarray:
        """Numbers [n, d]."""
        try:
            return np.asarray(validate_data(self, X, dtype=[np.float64, np.float32], reset=reset))
        except ValueError as error:
            if (text := a_text(X)) is None:
                raise
            raise WrongInput(
                f"X holds texts, such as {short(text)}: name a model that reads them, such as model='minilm-l6' "
                "(outgrow list models), or give numbers"
            ) from error

    def _numbers(self, X: Any, *, reset: bool) -> np.ndarray:
        raise NotImplementedError

    def _logits(self, numbers: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _method(self) -> Method | None:
        if isinstance(self.method, str) and self.method == "auto":
            return None
        found = self.method if isinstance(self.method, Method) else method_of(self.method, Where("method", ""))
        if why := found.objective().misfit(self._kind):
            raise ConfigError(f"method = {short(self.method)}: {why}")
        if found.recipe:
            raise ConfigError(
                f"method = {short(self.method)}: it is a recipe of several trainings, which experiments carry out; "
                "name transforms, selections or a loss here (outgrow list transforms, selections, losses)"
            )
        return found

    def _penalty(self) -> float | None:
        number = isinstance(self.l2, Real) and not isinstance(self.l2, bool)
        if self.l2 is not None and not (number and 0 <= self.l2 <= LARGEST):
            raise ConfigError(
                f"l2 = {short(self.l2)}: the penalty is a number from 0 to {LARGEST:g}, or None to choose it"
            )
        return None if self.l2 is None else float(self.l2)

    def _seed(self) -> int:
        """As everywhere in scikit-learn: None draws a new one for each fit, a generator is drawn from."""
        try:
            drawn = check_random_state(self.random_state)
        except ValueError as error:
            raise ConfigError(f"random_state = {short(self.random_state)}: {error}") from None
        whole = isinstance(self.random_state, int | np.integer)
        return int(self.random_state) if whole else int(drawn.randint(np.iinfo(np.int32).max))

    def _machine(self) -> Machine:
        from outgrow.learning.machine import machine_of

        return machine_of(Runtime(device=self.device))  # type: ignore[arg-type]

    def _output(self, read: Read) -> Output:
        return Output(kind=self._kind, n_classes=len(read.classes), class_names=tuple(map(str, read.classes)))

    def _keep(self, grown: Grown, model: Model | None, output: Output, read: Read, seed: int) -> None:
        """The head, in units of X; or the student that it makes of a model."""
        if hasattr(self, "student_"):  # of an earlier fit
            del self.student_
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
            about=about(self, read.votes, seed),
        )

    def _keep_numbers(self, grown: Grown) -> None:
        raise NotImplementedError

    def _columns(self, model: Model) -> dict[str, str]:
        raise NotImplementedError
