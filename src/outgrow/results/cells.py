"""The numbers of a pooled result for each seed and test example."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outgrow.artefacts import Artefacts
from outgrow.metrics.base import metrics
from outgrow.results.answers import Answers, read_answers
from outgrow.results.evaluation import agreed
from outgrow.results.table import Group


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """What means are taken of.

    Args:
        seeds: in the order of the values.
        values: [seeds, n] by name. A role's score, where it has one: `weak`, `student`, `ceiling`, `zero_shot`. Whether
            the supervisor is right (`right`), the student says the same (`same`), and both (`same_right`). Of two
            classes, the truth, and the probability of class 1 (`truth`, `weak_positive`, `student_positive`).
        groups: group of each example.
        difficulty: of each example, or None.
        examples: a digest of which examples they are.
    """

    seeds: tuple[int, ...]
    values: dict[str, np.ndarray]
    groups: np.ndarray
    difficulty: np.ndarray | None
    examples: str


def _two_classes(answers: Answers) -> bool:
    """Whether all that is said and true is class 0 or 1, with probabilities."""
    said = [one for role in ("weak", "student") for one in answers.said[role]]
    return int(answers.truth.max()) < 2 and all(
        int(one.predicted.max()) < 2 and np.isfinite(one.positive_probability).all() for one in said
    )


def read_cells(store: Artefacts, group: Group) -> Cells | None:
    """The cells of the seeds that are finished; None where none is."""
    done = [(seed, key) for seed, key in zip(group.seeds, group.keys, strict=True) if store.has(key)]
    if not done:
        return None
    answers = read_answers(store, [key for _, key in done], metric=metrics[group.metric])
    values = {role: np.stack([answers.metric.values(one) for one in said]) for role, said in answers.said.items()}
    values = {role: found.astype(np.float32) for role, found in values.items() if np.isfinite(found).all()}
    same = agreed(answers)
    values |= {name: getattr(same, name).astype(np.float32) for name in ("right", "same", "same_right")}
    if _two_classes(answers):
        values["truth"] = np.broadcast_to(answers.truth.astype(np.float32), same.right.shape)
        for role in ("weak", "student"):
            values[f"{role}_positive"] = np.stack([one.positive_probability for one in answers.said[role]])
    return Cells(
        seeds=tuple(seed for seed, _ in done), values=values, groups=answers.groups, difficulty=answers.difficulty,
        examples=answers.examples,
    )  # fmt: skip
