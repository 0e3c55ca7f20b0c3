"""Three text sets, their frozen features, and three labellers of each who err as people, rules and small models do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ASIDE, TRAIN, TEST = 250, 3_000, 2_000  # rows for the weak model, to learn from, and with truth held aside; at least
RULES: dict[str, dict[str, tuple[str, ...]]] = {
    "rotten-tomatoes": {
        "rotten": (
            "bad", "worst", "boring", "dull", "mess", "fails", "fail", "lacks", "unfortunately", "tedious", "flat",
            "predictable", "clumsy", "waste", "awful", "terrible", "lame", "tired", "stale", "pointless",
            "disappointing", "neither", "never", "nothing", "too", "barely", "hardly", "forgettable", "contrived",
            "silly",
        ),
        "fresh": (
            "best", "great", "good", "excellent", "fun", "funny", "delightful", "charming", "moving", "brilliant",
            "beautiful", "beautifully", "powerful", "compelling", "wonderful", "enjoyable", "entertaining",
            "fascinating", "smart", "fresh", "gripping", "touching", "thrilling", "masterpiece", "terrific",
            "remarkable", "rare",
        ),
    },
    "tweets": {
        "negative": (
            "hate", "worst", "sad", "bad", "delayed", "cancelled", "flightled", "terrible", "awful", "sick",
            "sucks", "rude", "lost", "stuck", "waiting", "wtf", "fail", "sorry", "miss", "tired", "poor", "ugh",
        ),
        "neutral": ("via", "question", "announces"),
        "positive": (
            "love", "great", "thanks", "thank", "awesome", "best", "happy", "amazing", "excited", "nice", "fun",
            "appreciate", "haha", "cool", "excellent", "beautiful", "yay", "wonderful", "glad",
        ),
    },
    "spam": {
        "ham": ("perl", "kernel", "python", "patch", "gpg", "debian", "src", "rpm", "cvs"),
        "spam": (
            "guarantee", "guaranteed", "viagra", "mortgage", "income", "investment", "winner", "cash", "earn", "loan",
        ),
    },
}  # fmt: skip
WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All rows of a set.

    Args:
        texts: object [n].
        truth: int64 [n].
        groups: of each row.
        features: of each model that reads them, float16 [n, width].
    """

    texts: np.ndarray
    truth: np.ndarray
    groups: list[str]
    features: dict[str, np.ndarray]
    classes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One draw: what is learned from, what is tested on, and what the labellers say.

    Args:
        train, test: row numbers.
        votes: what each labeller says of `train`: a class, or -1 for nothing, int64 [labellers, n].
        audited: which of `train` somebody checked, as positions in it.
    """

    train: np.ndarray
    test: np.ndarray
    votes: np.ndarray
    audited: np.ndarray


def task_of(name: str) -> Any:
    """A task of a pack, its classes as unequal as they are."""
    from outgrow.tasks.base import tasks

    options: dict[str, dict[str, Any]] = {"spam": {"balance": False}, "tweets": {"limit": 9_000}}
    return tasks[name](**options.get(name, {}))


def load(name: str, models: tuple[str, ...], cache: Path) -> Rows:
    """A set with the features of some models, which are kept in a store in the folder `cache`."""
    from outgrow.executors.base import compute
    from outgrow.models.base import models as families
    from outgrow.specs import SplitSpec
    from outgrow.steps import Context, Steps, walk_unique
    from outgrow.store import Store

    store, steps = Store(cache), Steps()
    context = Context(store)
    split = SplitSpec(supervisor=0, transfer=1, validation=1, test=1)
    dataset = steps.split(task_of(name), split, seed=0).dataset
    features = {}
    for model in ("glove-50d", *models):
        options: dict[str, Any] = {} if model == "glove-50d" else {"training": "probe"}
        made = steps.features(families[model](**options), dataset)
        for step in walk_unique(made):
            compute(step, store, context)
        features[model] = np.asarray(made.read(context))
    data = dataset.read(context)
    assert data.truth is not None
    return Rows(texts=data.inputs, truth=data.truth, groups=data.groups, features=features,
                classes=data.output.class_names)  # fmt: skip


def draw(rows: Rows, name: str, *, seed: int, audited: int = 100) -> Case:
    """Parts of whole groups, and labels of the training rows; another seed is another draw of all."""
    rng = np.random.default_rng([seed, 71])
    number = {group: i for i, group in enumerate(dict.fromkeys(rows.groups))}
    of = np.array([number[group] for group in rows.groups])
    order = np.argsort(rng.permutation(len(number))[of], kind="stable")
    aside, train, test = np.split(order, [ASIDE, ASIDE + TRAIN])
    aside = aside[~np.isin(of[aside], of[train])]
    test = test[~np.isin(of[test], of[train]) & ~np.isin(of[test], of[aside])]
    assert len(test) >= TEST
    votes = np.stack([
        small_model(rows, aside, train),
        careless(rows, train, rng),
        keywords(rows, train, RULES[name]),
    ])  # fmt: skip
    return Case(train=train, test=test, votes=votes, audited=rng.permutation(len(train))[:audited])


def small_model(rows: Rows, aside: np.ndarray, train: np.ndarray) -> np.ndarray:
    """A linear head on mean word vectors, trained on a few rows in no other part; wrong where words mislead."""
    from outgrow.learning.objective import Lesson
    from outgrow.learning.out_of_fold import out_of_fold
    from outgrow.tasks.base import Output

    k, both = len(rows.classes), np.concatenate([aside, train])
    targets = np.eye(k, dtype=np.float32)[rows.truth[both]]
    weights = np.where(np.arange(len(both)) < len(aside), 1, 0).astype(np.float32)
    fold = np.where(weights > 0, 1, 0)
    said = out_of_fold(rows.features["glove-50d"][both], [Lesson(targets=targets, weights=weights)],
                       Output(kind="classification", n_classes=k), l2=[0.1], folds=fold)  # fmt: skip
    return np.asarray(said[0, 0, len(aside) :].argmax(-1))


def careless(rows: Rows, train: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Somebody who errs more on longer texts (8 to 38 % of them), and half as often on the first class as on others.

    An error is the next class.
    """
    length = np.array([len(text) for text in rows.texts[train]])
    place = length.argsort(kind="stable").argsort(kind="stable") / len(train)
    truth = rows.truth[train]
    rate = (0.08 + 0.30 * place) * np.where(truth == 0, 2 / 3, 4 / 3)
    wrong = rng.random(len(train)) < rate
    return np.where(wrong, (truth + 1) % len(rows.classes), truth)


def keywords(rows: Rows, train: np.ndarray, rule: dict[str, tuple[str, ...]]) -> np.ndarray:
    """The class with most of its words in the text; nothing without a word, or where two classes are level."""
    said = []
    for text in rows.texts[train]:
        words = set(WORD.findall(text.lower()))
        hits = np.array([len(words.intersection(rule.get(name, ()))) for name in rows.classes])
        best = np.flatnonzero(hits == hits.max())
        said.append(int(best[0]) if hits.max() > 0 and len(best) == 1 else -1)
    return np.array(said)
