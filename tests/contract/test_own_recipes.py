"""`outgrow.testing.check` finds what a method, supervisor or executor of one's own gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from outgrow.errors import StepFailed
from outgrow.executors.base import Outcome, Watcher, executors
from outgrow.learning.losses import Batch, CrossEntropy, Loss
from outgrow.learning.memory import Memory, Remembering
from outgrow.learning.objective import Selection, Transform
from outgrow.learning.weights import State
from outgrow.methods.base import Method
from outgrow.models.base import Role, models
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.spec import spec
from outgrow.specs import TrainSpec
from outgrow.steps import Predictor, Split, Steps
from outgrow.store import Store
from outgrow.supervisors.base import Supervisor
from outgrow.sweep import Silent
from outgrow.tasks.base import Kind
from outgrow.testing import Broken, check
from outgrow.testing.objectives import check_loss


@spec
class Recipe(Method):
    """A method whose steps a test chooses."""

    name: ClassVar[str] = "recipe"


def on_truth(self: Any, steps: Any, strong: Any, part: Any, labels: Any, *, objective: Any, seed: int) -> Predictor:
    return steps.finetune(strong, part, seed=seed)  # type: ignore[no-any-return]


def at_random(self: Any, steps: Any, strong: Any, part: Any, labels: Any, *, objective: Any, seed: int) -> Predictor:
    drawn = int(np.random.default_rng().integers(2**32))
    return steps.finetune(strong, part, labels=labels, objective=objective, seed=drawn)  # type: ignore[no-any-return]


def nothing(self: Any, steps: Any, strong: Any, part: Any, labels: Any, *, objective: Any, seed: int) -> None:
    return None


@pytest.mark.parametrize(
    ("train_student", "message"),
    [
        (on_truth, "recipe: its student learns from ground truth of 'transfer'"),
        (at_random, "recipe: the same seed must lead to the same steps"),
        (nothing, "recipe: it must return a predictor"),
    ],
)
def test_faults_of_recipes(monkeypatch: pytest.MonkeyPatch, train_student: Callable[..., Any], message: str) -> None:
    check(Recipe)
    monkeypatch.setattr(Recipe, "train_student", train_student)
    with pytest.raises(Broken, match=message):
        check(Recipe)


@spec
class Oracle(Supervisor):
    """A supervisor that learns from a part."""

    name: ClassVar[str] = "oracle"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification"})  # type: ignore[misc]
    learns: ClassVar[bool] = True
    part: str = "supervisor"

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.finetune(Role(model=models["toy-s"](), train=TrainSpec()), data.part(self.part), seed=seed)


def test_faults_of_supervisors(monkeypatch: pytest.MonkeyPatch) -> None:
    check(Oracle)
    with pytest.raises(Broken, match="oracle learns from ground truth of 'transfer', not of 'supervisor'"):
        check(Oracle(part="transfer"))
    monkeypatch.setattr(Oracle, "learns", False)
    with pytest.raises(Broken, match="oracle learns from ground truth: set learns = True"):
        check(Oracle)
    monkeypatch.setattr(Oracle, "kinds", frozenset())
    with pytest.raises(Broken, match="kinds is empty"):
        check(Oracle)


class Forgetful(Loss):
    """The mean over all batches so far, kept in whatever a test says."""

    name: ClassVar[str] = "forgetful"
    keeps: ClassVar[Callable[..., Any]]

    def start(self, targets: Tensor | None) -> Any:
        seen: list[Tensor] = []

        def loss(batch: Batch) -> Tensor:
            seen.append(CrossEntropy().costs(batch).mean())
            return torch.stack([one.detach() for one in seen[:-1]] + seen[-1:]).mean()

        return type(self).keeps(loss)


class Nothing(Memory):
    def memory(self) -> State:
        return {}

    def recall(self, kept: State) -> None: ...


@pytest.mark.parametrize(
    ("keeps", "message"),
    [
        (lambda loss: loss, "forgetful remembers what it saw before: give back a learning.memory.Remembering"),
        (lambda loss: Remembering(loss, Nothing()), "forgetful: what it remembers is not all in its memory"),
    ],
)
def test_faults_of_losses_that_remember(
    monkeypatch: pytest.MonkeyPatch, keeps: Callable[..., Any], message: str
) -> None:
    monkeypatch.setattr(Forgetful, "keeps", staticmethod(keeps), raising=False)
    with pytest.raises(Broken, match=message):
        check_loss(Forgetful())


def quick(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    """An executor that a test spoils: it is `serial` with something left out."""
    return executors["serial"](plan, store, runtime, watcher)


def forgetful(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    outcome = quick(plan, store, runtime, watcher)
    outcome.failed.clear()
    return outcome


def untold(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    return quick(plan, store, runtime, Silent())


def boastful(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    return Outcome(computed=list(plan.todo), failures={plan.todo[0]: ValueError()})


def hopeless(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    outcome = quick(plan, store, runtime, watcher)
    broken = next(iter(outcome.failures))
    end = next(key for key in outcome.computed if plan.steps[key].name == "compare")
    outcome.computed.remove(end)
    outcome.failed[end] = outcome.failed[broken]
    return outcome


def fail_fast(plan: Plan, store: Store, runtime: Runtime, watcher: Watcher) -> Outcome:
    outcome = quick(plan, store, runtime, watcher)
    if outcome.failures:
        raise StepFailed("enough")
    return outcome


@pytest.mark.parametrize(
    ("executor", "message"),
    [
        (lambda *_: None, "it must return an Outcome"),
        (lambda *_: Outcome(), "a step failed, and failures does not name it"),
        (forgetful, "every key must end in computed or, by outcome.fail, in failed"),
        (boastful, "what it calls computed must be in the store"),
        (untold, "tell the watcher once of each step that starts"),
        (hopeless, "it gives up steps that need nothing of what failed"),
    ],
)
def test_faults_of_executors(added: Callable[..., None], executor: Callable[..., Any], message: str) -> None:
    with pytest.raises(Broken, match="is no component"):
        check(executor)
    added(executors, "own", executor)
    with pytest.raises(Broken, match=f"own: .*{message}"):
        check(executor)


def test_an_executor_may_end_at_the_first_failure(added: Callable[..., None]) -> None:
    added(executors, "fail-fast", fail_fast)
    assert check(fail_fast).passed == ["executor"]


def frozen(name: str, bases: tuple[type, ...], fields: dict[str, Any]) -> type:
    """A spec whose methods are wrong."""
    return spec(type(name, bases, {**fields, "__annotations__": {}}))


BROKEN = {
    "rows must sum to 1": frozen("Doubled", (Transform,), {
        "name": "doubled", "apply": lambda self, weak, *, seed: weak.with_probabilities(2 * weak.probabilities),
    }),
    "depends on the order": frozen("First", (Selection,), {
        "name": "first", "weights": lambda self, weak, *, seed: np.arange(len(weak.ids)) < 20,
    }),
    "leaves no row": frozen("None_", (Selection,), {
        "name": "none", "weights": lambda self, weak, *, seed: np.zeros(len(weak.ids)),
    }),
    "is marked rowwise": frozen("Joint", (Loss,), {
        "name": "joint", "rowwise": True, "start": lambda self, targets: lambda batch: batch.logits.logsumexp(0).sum(),
    }),
    "must be one number": frozen("Many", (Loss,), {
        "name": "many", "start": lambda self, targets: lambda batch: batch.logits.sum(1),
    }),
}  # fmt: skip


@pytest.mark.parametrize("message", BROKEN)
def test_faults_of_pieces_of_objectives(message: str) -> None:
    with pytest.raises(Broken, match=message):
        check(BROKEN[message]())
    with pytest.raises(Broken, match="is no component"):
        check(frozen("Nothing", (), {"name": "nothing", "identity": lambda self: {"a": 1}})())
