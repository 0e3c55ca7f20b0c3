"""Checks of a training on the validation examples: its curve, its last weights, and the best."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from outgrow.errors import DataError
from outgrow.learning.progress import Progress
from outgrow.plain import counted
from outgrow.steps.context import Context
from outgrow.steps.trained import Trained
from outgrow.steps.truth import chosen, even

if TYPE_CHECKING:
    from outgrow.learning.weights import State


class Checks:
    """Best is judged by the labels that the training itself goes by.

    For a student that is agreement with its weak supervisor; for a training on ground truth, and for the oracle, ground
    truth. Where the training goes by somebody who says nothing of the validation examples, no check is better than
    another.
    """

    def __init__(self, step: Trained, context: Context) -> None:
        self.curve: list[dict[str, Any]] = []
        self._right: list[np.ndarray] = []
        self._agrees: list[np.ndarray] = []
        self.best: State = {}
        self.last: State = {}
        self.part = step.part.split.part("validation")
        data = self.part.split.read(context)
        self.rows, self.output = data.rows(self.part), data.output
        self._truth = None if data.truth is None else data.known_truth(self.part)
        held_out = None if step.held_out is None else step.held_out.read(context)
        if held_out is not None and held_out.abstains.all():
            held_out = None
        self._supervisor = None if held_out is None else chosen(held_out, data)
        self._votes = None if held_out is None or held_out.texts is not None else even(held_out.mean())
        keep = step.role.train.keep
        self._score, self._keep = -1.0, keep != "last"
        self._by_truth = step.labels is None or keep == "oracle"
        if keep == "oracle" and self._truth is None:
            raise DataError('keep = "oracle" goes by the truth of validation, and this task has none; take "best"')
        self._step, self._context = step, context

    def note(self, answers: np.ndarray, progress: Progress, state: Callable[[], State]) -> None:
        """Take down how a network does that answers the validation examples so; `state()` gives its weights.

        Where there are no such examples, the curve has no points, and nothing can be better than the end.
        """
        from outgrow.learning.predict import summarise

        self.last = {name: value.detach().to("cpu", copy=True) for name, value in state().items()}
        if not len(self.rows):
            self.best = self.last
            self._context.report(self._step, progress.share)
            return
        nothing = np.zeros(len(answers), np.int64)
        predicted = summarise(answers, nothing if self._truth is None else self._truth, self.output)["predicted"]
        right = None if self._truth is None else predicted == self._truth
        agrees = None if self._supervisor is None else predicted == self._supervisor
        if answers.dtype != object:  # of k equal probabilities each counts 1/k
            shares = even(answers)
            if self._truth is not None:
                right = shares[np.arange(len(shares)), self._truth]
            if self._votes is not None:
                agrees = (shares * self._votes).sum(1)
        accuracy, agreement = (None if one is None else float(one.mean()) for one in (right, agrees))
        self._right += [] if right is None else [right]
        self._agrees += [] if agrees is None else [agrees]
        self.curve.append(
            {
                "progress": progress.share,
                "accuracy": accuracy,
                "agreement": agreement,
                "n": len(predicted),
                "loss": progress.loss,
                "rate": progress.rate,
                "gradient_norm": progress.gradient_norm,
            }
        )
        score = accuracy if self._by_truth else agreement
        if progress.share > 0 and score is not None and score > self._score:
            self._score = score
            if self._keep:
                self.best = self.last
        self._context.report(self._step, progress.share)

    def noted(self) -> tuple[State, dict[str, Any]]:
        """All that `note` took down but the last weights, for a checkpoint."""
        import torch

        right = {f"right/{i}": torch.from_numpy(one) for i, one in enumerate(self._right)}
        agrees = {f"agrees/{i}": torch.from_numpy(one) for i, one in enumerate(self._agrees)}
        best = {f"best/{name}": value for name, value in self.best.items()}
        return {**right, **agrees, **best}, {"curve": self.curve, "score": self._score}

    def recall(self, tensors: State, facts: dict[str, Any], weights: State) -> None:
        """Put back what `noted` gave; where the training fails later, `weights` are the last that were good."""
        self.curve, self._score, self.last = facts["curve"], float(facts["score"]), weights
        self._right = _in_order(tensors, "right/")
        self._agrees = _in_order(tensors, "agrees/")
        self.best = {name.removeprefix("best/"): value for name, value in tensors.items() if name.startswith("best/")}
        if self.curve:
            self._context.report(self._step, self.curve[-1]["progress"])

    @property
    def notes(self) -> list[str]:
        """What the user should know of how the weights were chosen."""
        if self._step.labels is None or not (self._keep and self._by_truth):
            return []
        which = f"the student's weights were chosen by the ground truth of {counted(len(self.rows), 'example')}"
        return [f"an oracle: {which} of validation, which nobody has who needs weak labels"]

    def by_row(self) -> bytes:
        """At each check, how right each validation example was (`right`), and how far the supervisor agreed."""
        from safetensors.numpy import save

        data = self.part.split.read(self._context)
        groups = np.unique([data.groups[row] for row in self.rows], return_inverse=True)[1]
        found = {"right": self._right, "agrees": self._agrees}
        arrays = {name: np.stack(rows).astype(np.float16) for name, rows in found.items() if rows}
        progress = np.array([point["progress"] for point in self.curve], np.float64)
        return save(arrays | {"progress": progress, "groups": groups.astype(np.int64)})

    def kept(self, state: State) -> State:
        """The weights to keep: the best, where the training says so and can tell, else those it ended with."""
        return self.best if self._keep and self.best else state


def _in_order(tensors: State, prefix: str) -> list[np.ndarray]:
    """Arrays by their numbers."""
    return [tensors[f"{prefix}{i}"].numpy() for i in range(sum(name.startswith(prefix) for name in tensors))]
