"""What is wrong with data or parameters is told before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow import WeakToStrongClassifier
from outgrow.errors import OutgrowError

TINY: dict[str, Any] = {"model": "tiny"}  # a folder, which a fixture makes
WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"y": None}, "requires y to be passed"),
    ({}, {"weak_labels": [0, 1] * 15}, "two names of the same labels"),
    ({}, {"y": [1] * 30}, "y has one class, 1: labels of at least two classes"),
    ({}, {"y": [None] * 30}, "y has no class"),
    ({}, {"y": [0, 1]}, "X has 30 rows and y 2"),
    ({}, {"sample_weight": [1.0] * 29 + [-1.0]}, "sample_weight holds -1.0"),
    ({}, {"sample_weight": [0.0] * 30}, "sample_weight is zero for every row"),
    ({"model": "minilm"}, {}, "unknown model 'minilm'"),
    ({"model": 3}, {}, "a name of `outgrow list models`"),
    ({"model": "toy-l"}, {}, "has no frozen features"),
    ({"method": "naif"}, {}, "did you mean 'naive'"),
    ({"method": "last_layer_nothing"}, {}, "unknown method"),
    ({"method": "bootstrapping"}, {}, "it is a recipe of several trainings, which experiments carry out"),
    ({"method": ["filter", "small_loss"]}, {}, "it is a recipe of several trainings"),
    ({"method": "gt_only"}, {}, "it is a recipe of several trainings"),
    ({"method": "trust"}, {}, "learns from rows whose truth is known, and there are none to learn from: give some as"),
    ({"method": "trust", "budget": 0}, {"audited": {0: 1, 1: 0}}, "learns from rows whose truth is known"),
    ({"l2": -1.0}, {}, "l2 = -1.0"),
    ({"l2": True}, {}, "l2 = True"),
    ({"l2": "small"}, {}, "l2 = 'small'"),
    ({"l2": float("nan")}, {}, "l2 = nan"),
    ({"l2": 1e39}, {}, r"l2 = 1e\+39: the penalty is a number from 0 to 1e\+08"),
    ({"device": "gpuu"}, {}, "device = 'gpuu': choose one of auto, cpu"),
    ({"random_state": -1}, {}, "random_state = -1: Seed must be between 0"),
    ({"classes": {0, 1}}, {}, r"classes = \{0, 1\}: name each class once"),
    ({}, {"sample_weight": ["a"] * 30}, "sample_weight is no array of numbers"),
    ({}, {"X": ["a text"] * 30}, "X holds texts, such as 'a text': name a model that reads them"),
    ({}, {"X": [["a text", "b"]] * 30}, "X holds texts, such as 'a text': name a model that reads them"),
    ({}, {"X": 1e-300 * np.arange(60).reshape(30, 2)}, "column 0 of X has the deviation"),
    ({"device": "tpu"}, {"X": ["a text"] * 30}, "device = 'tpu'"),
    (TINY, {"X": ["a text", "half \ud83d"] * 15}, "row 1 of X is .* half a surrogate pair"),
    (TINY, {"X": ["", "  "] * 15}, "X has nothing to learn from: every row is empty"),
    ({"labels": "soft"}, {}, "labels = 'soft'"),
]


@pytest.mark.parametrize(("parameters", "given", "message"), WRONG)
def test_what_is_wrong_is_told(
    parameters: dict[str, Any], given: dict[str, Any], message: str, tiny: Callable[..., Path]
) -> None:
    x = np.random.default_rng(0).normal(size=(30, 6))
    truth = np.arange(30) % 2
    if parameters in (TINY, {"device": "tpu"}):
        parameters = {**parameters, "model": {"model": "transformer", "path": str(tiny("bert")), "max_length": 64}}
    with pytest.raises(OutgrowError, match=message):
        WeakToStrongClassifier(**parameters).fit(**{"X": x, "y": truth, **given})


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import outgrow
    from outgrow.errors import MissingDependency

    for name in [one for one in sys.modules if one.startswith("outgrow.estimators")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.utils.validation", None)
    with pytest.raises(MissingDependency, match=r"pip install 'outgrow\[estimators\]'"):
        outgrow.WeakToStrongClassifier  # noqa: B018
