"""Experiments to one graph of unique steps: what is done already, what is to do, and what it will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from outgrow.artefacts import Manifest
from outgrow.experiment import Experiment, run
from outgrow.runtime import all_stay
from outgrow.spec import canonical, plain
from outgrow.steps import Comparison, Step, Steps, Trained, walk_unique


@dataclass(frozen=True, kw_only=True)
class Planned:
    """An experiment and the reference to its result."""

    experiment: Experiment
    result: Comparison


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A graph of unique steps.

    Args:
        results: each experiment with its comparison, in order; several experiments can share one.
        steps: every unique step by key, inputs before what needs them.
        cached: keys whose artefacts are in the store.
        todo: keys to compute, in the order of `steps`: all that the store lacks.
        trainings_unshared: trainings that a script without sharing would do, one experiment after the other.
    """

    results: list[Planned]
    steps: dict[str, Step]
    cached: set[str]
    todo: list[str]
    trainings_unshared: int

    @property
    def work(self) -> float:
        """Multiply-accumulates of everything to do."""
        return sum(self.steps[key].work for key in self.todo)

    @cached_property
    def later(self) -> dict[str, list[str]]:
        """By key of a step to do: keys of the steps to do that have it among their inputs."""
        found: dict[str, list[str]] = {key: [] for key in self.todo}
        for key in self.todo:
            for needed in {one.key for one in self.steps[key].inputs().values()}:
                if needed in found:
                    found[needed].append(key)
        return found

    def needing(self, key: str, *, known: Container[str] = ()) -> list[str]:
        """Keys to do that need a step, directly or not.

        Args:
            known: keys that are left out, with what needs them.
        """
        found: dict[str, None] = {}
        left = [key]
        while left:
            for later in self.later.get(left.pop(), ()):
                if later not in found and later not in known:
                    found[later] = None
                    left.append(later)
        return list(found)

    def against(self, cached: set[str]) -> Plan:
        """The same graph, for a store that has these keys."""
        todo = [key for key in self.steps if key not in cached]
        return replace(self, cached=cached & self.steps.keys(), todo=todo)

    def count(self) -> dict[str, tuple[int, int]]:
        """By kind of step: how many there are, and how many of them are to do."""
        total = Counter(step.name for step in self.steps.values())
        todo = Counter(self.steps[key].name for key in self.todo)
        return {name: (number, todo[name]) for name, number in total.items()}


def make_plan(experiments: Sequence[Experiment], *, cached: set[str]) -> Plan:
    """The graph of all experiments, against the keys that the store has."""
    steps = Steps()
    with all_stay():
        results = [Planned(experiment=one, result=run(one, steps)) for one in experiments]
        unique = {step.key: step for step in walk_unique(*(one.result for one in results))}
        behind = _trainings_behind(unique)
        trainings = sum(len(behind[one.result.key]) for one in results)
    plan = Plan(results=results, steps=unique, cached=set(), todo=[], trainings_unshared=trainings)
    return plan.against(cached)


def _trainings_behind(steps: dict[str, Step]) -> dict[str, frozenset[str]]:
    """Keys of the trainings that each step needs, its own among them; inputs stand before what needs them."""
    behind: dict[str, frozenset[str]] = {}
    for key, step in steps.items():
        own = {key} if isinstance(step, Trained) else set[str]()
        behind[key] = frozenset(own.union(*(behind[needed.key] for needed in step.inputs().values())))
    return behind


def explain(plan: Plan, manifests: Sequence[Manifest]) -> list[str]:
    """For each step to do: how its spec differs from the nearest finished step of its kind."""
    lines = []
    for key in plan.todo:
        step = plan.steps[key]
        wanted = _leaves(
            {"identity": plain(step.identity()), "inputs": {name: one.key[:12] for name, one in step.inputs().items()}}
        )
        nearest: dict[str, str] | None = None
        for manifest in manifests:
            if manifest.step == step.name:
                other = _leaves(
                    {"identity": manifest.identity, "inputs": {name: key[:12] for name, key in manifest.inputs.items()}}
                )
                difference = {
                    name: f"{other.get(name, 'absent')} -> {wanted.get(name, 'absent')}"
                    for name in sorted({*wanted, *other})
                    if wanted.get(name) != other.get(name)
                }
                if nearest is None or len(difference) < len(nearest):
                    nearest = difference
        why = (
            "none of its kind is finished"
            if nearest is None
            else "; ".join(f"{name}: {text}" for name, text in nearest.items())
        )
        lines.append(f"{key[:12]}  {step.title}: {why or 'made by an older version of this step'}")
    return lines


def _leaves(value: object, prefix: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {
            name: leaf
            for key, item in value.items()
            for name, leaf in _leaves(item, f"{prefix}.{key}" if prefix else key).items()
        }
    return {prefix: canonical(value)}
