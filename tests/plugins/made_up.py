"""Studies whose truth is known: answers drawn by how often each role is right, and what a student copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.results.cells import Cells
from outgrow.results.table import Bounded, Group

ROWS, SEEDS = 2_000, 5


@dataclass(frozen=True, kw_only=True)
class Made(Study):
    """A study whose cells are given."""

    given: dict[tuple[str, ...], Cells] = field(default_factory=dict)

    def cells(self, group: Group) -> Cells | None:
        return self.given.get(tuple(group.keys))


def group(
    key: str, *, weak: int, strong: int, method: str = "naive", kind: str = "classification", task: str = "films",
    strong_options: dict[str, Any] | None = None, seeds: int = SEEDS, verdict: str = "ok", n_transfer: int = 9,
    weak_options: dict[str, Any] | None = None, **settings: Any,
) -> Group:  # fmt: skip
    """A pooled row of models whose costs are powers of ten."""
    none: Any = None
    tables = {
        "task": {"name": task}, "weak": {"model": f"size-{weak}"} | (weak_options or {}), "method": {"name": method},
        "strong": {"model": f"size-{strong}", **({"max_length": 256} if strong_options is None else strong_options)},
    }  # fmt: skip
    return Group(
        experiment="made", task=task, kind=kind, weak=f"size-{weak}", strong=f"size-{strong}", method=method,
        metric="accuracy", seeds=list(range(seeds)), n_supervisor=9, n_transfer=n_transfer, n_test=ROWS,
        weak_cost=10.0**weak, strong_cost=10.0**strong, zero_shot=none, weak_score=none, student=none, ceiling=none,
        weak_label_accuracy=none, agreement=none, agreement_when_right=none, agreement_when_wrong=none,
        pgr=Bounded(value=0.5, low=0.4, high=0.6, n=9), n_groups=ROWS, design_effect=none, gain=none, detectable=none,
        verdict=verdict, settings=tables | settings, keys=[f"{key}-{seed}" for seed in range(seeds)],
    )  # fmt: skip


class World:
    """Draws cells; all share the rows' difficulties, so that roles are paired."""

    def __init__(self, *, rows: int = ROWS, seeds: int = SEEDS, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.rows, self.seeds = rows, seeds
        self.hard = self.rng.random(rows)

    def right(self, share: float) -> np.ndarray:
        """Whether a role is right: mostly on the easier rows."""
        noise = 0.2 * self.rng.standard_normal((self.seeds, self.rows))
        score = self.hard + noise
        return (score < np.quantile(score, share)).astype(float)

    def cells(
        self, *, weak: float, student: float, ceiling: float, copies: float = 0.0, zero_shot: float | None = None
    ) -> Cells:
        """A pair of two classes, in which a student has these scores but for the mistakes that it copies."""
        of_weak, of_student = self.right(weak), self.right(student)
        copied = (self.rng.random(of_weak.shape) < copies) & (of_weak == 0)
        of_student = np.where(copied, 0.0, of_student)
        truth = np.broadcast_to(self.rng.random(self.rows) < 0.5, of_weak.shape).astype(float)
        values = {"weak": of_weak, "student": of_student, "ceiling": self.right(ceiling), "right": of_weak,
                  "same": (of_weak == of_student).astype(float), "same_right": of_weak * of_student,
                  "truth": truth, "weak_positive": 1 - np.abs(truth - of_weak),
                  "student_positive": 1 - np.abs(truth - of_student)}  # fmt: skip
        values |= {} if zero_shot is None else {"zero_shot": self.right(zero_shot)}
        return Cells(
            seeds=tuple(range(self.seeds)), values=values, groups=np.arange(self.rows), difficulty=None, examples="same"
        )


SIZES = {1: 0.60, 2: 0.70, 3: 0.80, 4: 0.90}
"""Scores of sizes, as supervisors and as ceilings."""


def ladder(
    world: World, pgr: Any, *, methods: Sequence[str] = ("naive",), copies: Any = lambda method, weak, strong: 0.0,
    zero_shot: float | None = None, **options: Any,
) -> Made:  # fmt: skip
    """All pairs of four sizes; `pgr(method, weak, strong)` and `copies(...)` say what students make of their labels."""
    groups, given = [], {}
    for weak in SIZES:
        for strong in (size for size in SIZES if size > weak):
            for method in methods:
                one = group(f"{method}-{weak}-{strong}", weak=weak, strong=strong, method=method, **options)
                low, high = SIZES[weak], SIZES[strong]
                student = low + pgr(method, weak, strong) * (high - low)
                given[tuple(one.keys)] = world.cells(
                    weak=low, student=student, ceiling=high, copies=copies(method, weak, strong), zero_shot=zero_shot
                )
                groups.append(one)
    return Made(groups=groups, given=given)


def study(*rows: tuple[Group, Cells]) -> Made:
    return Made(groups=[g for g, _ in rows], given={tuple(g.keys): cells for g, cells in rows})


def found(name: str, of: Made) -> Panel:
    panel = analyses[name](of)
    assert panel is not None
    return panel


def verdicts(name: str, of: Made) -> list[str]:
    return [one.verdict for one in found(name, of).findings]
