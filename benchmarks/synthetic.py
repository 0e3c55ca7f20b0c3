"""Rules for several supervisors, and a score of trust, against the best that can be done, which is known here.

    python benchmarks/synthetic.py                 all cells, five seeds each, some minutes
    python benchmarks/synthetic.py --seeds 2 --n 4000
    python benchmarks/synthetic.py --first 100     seeds by which no column of `trust` was chosen, as 0 to 4 were

Classes are drawn from a softmax that is linear in the features, and supervisors are the simulated ones, so the
probability of each class given all that a rule sees can be written down. `oracle` is the accuracy of that posterior on
the same rows; for `trust`, the share of right labels among the half that the true probability ranks highest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from outgrow.learning.labellers import posterior_of
from outgrow.learning.objective import WeakLabels
from outgrow.learning.synthetic import Seen
from outgrow.methods.selections.trust import Trust
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.methods.transforms.em_posterior import EMPosterior
from outgrow.methods.transforms.vote import Vote
from outgrow.supervisors.class_conditional import ClassConditional
from outgrow.supervisors.feature_dependent import FeatureDependent
from outgrow.supervisors.random import Random
from outgrow.tasks.base import Output

WIDTH, BAR = 10, 0.005
UNEVEN = {
    2: (((0.9, 0.1), (0.35, 0.65)), ((0.7, 0.3), (0.15, 0.85)), ((0.8, 0.2), (0.4, 0.6))),
    3: (
        ((0.8, 0.15, 0.05), (0.3, 0.6, 0.1), (0.1, 0.2, 0.7)),
        ((0.6, 0.3, 0.1), (0.1, 0.8, 0.1), (0.3, 0.1, 0.6)),
        ((0.7, 0.1, 0.2), (0.2, 0.7, 0.1), (0.05, 0.35, 0.6)),
    ),
}
EVEN = (0.2, 0.3, 0.35)


@dataclass(frozen=True, kw_only=True)
class World:
    """Rows whose probabilities are known: features [n, width], truth [n], and p(class | features) [n, classes]."""

    features: np.ndarray
    truth: np.ndarray
    chances: np.ndarray
    seed: int

    @property
    def classes(self) -> int:
        return self.chances.shape[1]

    @property
    def ids(self) -> list[str]:
        return [f"row {i}" for i in range(len(self.truth))]

    def labels(self, supervisors: Sequence[Any]) -> np.ndarray:
        """What simulated supervisors say, each with draws of its own, [supervisors, n, classes]."""
        made = []
        for number, one in enumerate(supervisors):
            seen = Seen(
                ids=self.ids, inputs=self.features, truth=self.truth, transfer=len(self.truth),
                output=Output(kind="classification", n_classes=self.classes), seed=1_000 * self.seed + number,
            )  # fmt: skip
            made.append(one.say(seen)[0])
        return np.stack(made)


def world(n: int, classes: int, seed: int) -> World:
    rng = np.random.default_rng([seed, classes])
    features = rng.standard_normal((n, WIDTH)).astype(np.float16)
    logits = features.astype(np.float64) @ rng.standard_normal((WIDTH, classes)) * 0.7
    chances = np.exp(logits - logits.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    truth = (rng.random(n)[:, None] > chances.cumsum(1)).sum(1).clip(max=classes - 1)
    return World(features=features, truth=truth.astype(np.int64), chances=chances, seed=seed)


def even_confusion(rate: float, classes: int) -> np.ndarray:
    return np.where(np.eye(classes, dtype=bool), 1 - rate, rate / (classes - 1))


def labellers(structure: str, classes: int) -> tuple[list[Any], np.ndarray]:
    """Three supervisors, and their confusion matrices."""
    if structure == "random":
        return [Random(rate=rate) for rate in EVEN], np.stack([even_confusion(rate, classes) for rate in EVEN])
    matrices = UNEVEN[classes]
    return [ClassConditional(confusion=one) for one in matrices], np.array(matrices)


def right(answers: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy; of k equals each counts 1 / k."""
    best = answers >= answers.max(1, keepdims=True) - 1e-9
    return float((best[np.arange(len(truth)), truth] / best.sum(1)).mean())


def fused(structure: str, classes: int, n: int, seed: int) -> dict[str, tuple[float, float]]:
    """Accuracy and oracle of each rule; the vote has the oracle of those who see no features."""
    here = world(n, classes, seed)
    who, confusion = labellers(structure, classes)
    votes = here.labels(who)
    weak = WeakLabels(probabilities=votes, ids=here.ids, groups=here.ids, features=lambda: here.features)
    shares = np.broadcast_to(here.chances.mean(0), here.chances.shape)
    blind = right(posterior_of(votes, confusion, shares), here.truth)
    seeing = right(posterior_of(votes, confusion, here.chances), here.truth)
    rules = {"vote": (Vote(), blind), "dawid_skene": (DawidSkene(), blind), "em_posterior": (EMPosterior(), seeing)}
    return {name: (right(rule.apply(weak, seed=0).mean(), here.truth), best) for name, (rule, best) in rules.items()}


def sure(here: World, one: Any, said: np.ndarray) -> np.ndarray:
    """The true probability that each label is right, given the row's features and the label."""
    n, classes = len(here.truth), here.classes
    if isinstance(one, FeatureDependent):
        numbers = here.features.astype(np.float64)
        direction = np.random.default_rng(1_000 * here.seed).standard_normal(WIDTH)
        out = (numbers - numbers.mean(0)) @ direction
        inside = out >= np.quantile(out, 1 - one.region)
        within = even_confusion(one.rate / one.region, classes)
        channel = np.where(inside[:, None, None], within, np.eye(classes))
    else:
        matrix = even_confusion(one.rate, classes) if isinstance(one, Random) else np.array(one.confusion)
        channel = np.broadcast_to(matrix, (n, classes, classes))
    joint = here.chances * channel[np.arange(n), :, said]
    return np.asarray(joint[np.arange(n), said] / joint.sum(1))


def trusted(one: Any, classes: int, n: int, seed: int, known: int) -> tuple[float, float]:
    """Of the half of the labels that are trusted most, how many are right: by `trust`, and by the true probability."""
    here = world(n, classes, seed)
    votes = here.labels([one])
    said = votes[0].argmax(1)
    drawn = np.random.default_rng(seed).permutation(n) < known
    truth = np.where(drawn, here.truth, -1)
    weak = WeakLabels(
        probabilities=votes, ids=here.ids, groups=here.ids, features=lambda: here.features, truth=truth
    )  # fmt: skip
    kept, hit = (Trust().weights(weak, seed=0) > 0)[~drawn], (said == here.truth)[~drawn]
    chance = sure(here, one, said)[~drawn]
    best = np.argsort(-chance, kind="stable")[: kept.sum()]
    return float(hit[kept].mean()), float(hit[best].mean())


def shown(name: str, found: Sequence[tuple[float, float]]) -> None:
    own, best = np.array(found).T
    gap = best - own
    reach = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else float("nan")
    verdict = "within" if gap.mean() <= BAR else "outside"
    print(f"{name:58} {own.mean():7.4f} {best.mean():7.4f} {gap.mean():8.4f} +- {reach:.4f}  {verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    print(f"{'':58} {'own':>7} {'oracle':>7} {'gap':>8}, bar {BAR}; {given.n:,} rows, {given.seeds} seeds")
    for structure in ("random", "class_conditional"):
        for classes in (2, 3):
            cells = [fused(structure, classes, given.n, seed) for seed in seeds]
            for rule in cells[0]:
                shown(f"{rule}, 3 supervisors, {structure}, {classes} classes", [one[rule] for one in cells])
    structures = [Random(rate=0.2), ClassConditional(confusion=UNEVEN[2][0]), FeatureDependent(rate=0.2, region=0.4)]
    for one in structures:
        for known in (200, 2_000):
            pairs = [trusted(one, 2, given.n, seed, known) for seed in seeds]
            shown(f"trust, {one.name}, 2 classes, {known:,} known", pairs)


if __name__ == "__main__":
    main()
