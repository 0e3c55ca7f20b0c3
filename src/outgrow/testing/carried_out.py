"""Executors."""

from __future__ import annotations

import tempfile
from collections import Counter
from typing import Any

from outgrow.config import expand
from outgrow.executors.base import Executor, Outcome, executors
from outgrow.experiment import Experiment
from outgrow.plan import Plan, make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Step
from outgrow.store import Store
from outgrow.testing.broken import Broken, demand

TOY: dict[str, Any] = {
    "task": {"name": "toy", "n": 200},
    "split": {"supervisor": 30, "transfer": 30, "validation": 20, "test": 50},
    "weak": {"model": "toy-xs"},
    "strong": {"model": "toy-l"},
    "train": {"epochs": 2, "learning_rate": 3e-2, "evaluations": 1},
}


class _Counting:
    """A watcher that counts what it is told."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def started(self, step: Step, where: str = "") -> None:
        self.begun[step.key] += 1

    def progressed(self, step: Step, progress: float) -> None:
        """Not every step tells of its progress."""

    def put_off(self, step: Step) -> None:
        """Whoever else is at it."""

    def finished(self, step: Step, failure: str = "") -> None:
        self.ended[step.key] += 1


def check_executor(one: Executor) -> None:
    """A small plan is computed; a step that fails takes along what needs it and no more, or ends the run."""
    name = next((entry.name for entry in executors if entry.value is one), getattr(one, "__name__", "executor"))
    sound = expand(TOY, name="toy", seeds=[0, 1])
    broken = expand(TOY, name="toy", settings=["strong.train.learning_rate=3e37"])
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        try:
            _check_run(one, name, [*broken, *sound], store, fails=True)
        except Broken:
            raise
        except Exception:  # an executor may end at the first failure
            _check_run(one, name, sound, store, fails=False)


def _check_run(one: Executor, name: str, experiments: list[Experiment], store: Store, *, fails: bool) -> None:
    watcher = _Counting()
    plan = make_plan(experiments, cached=store.keys())
    outcome = one(plan, store, Runtime(executor=name, workers=2), watcher)
    demand(isinstance(outcome, Outcome), f"{name}: it must return an Outcome")
    done, left = set(outcome.computed), set(outcome.failed)
    if fails:
        demand(outcome.failures, f"{name}: a step failed, and failures does not name it; use outcome.note")
    demand(done | left == set(plan.todo), f"{name}: every key must end in computed or, by outcome.fail, in failed")
    demand(not done & left, f"{name}: a key ends both in computed and in failed")
    given_up = [key for key in left - set(outcome.failures) if not _needs(plan, key, left)]
    demand(not given_up, f"{name}: it gives up steps that need nothing of what failed")
    demand(store.keys() == done | plan.cached, f"{name}: what it calls computed must be in the store, and nothing else")
    tried = Counter(done | set(outcome.failures))
    told = watcher.begun == watcher.ended == tried
    demand(told, f"{name}: tell the watcher once of each step that starts, and once that it is finished")


def _needs(plan: Plan, key: str, left: set[str]) -> bool:
    return any(needed.key in left for needed in plan.steps[key].inputs().values())
