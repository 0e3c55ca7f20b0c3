"""What is wrong with data or parameters is told before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow import WeakToStrongClassifier
from outgrow.errors import OutgrowError

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
    ({"device": "tpu"}, {"X": ["a text"] * 30}, "device = 'tpu'"),
    ({"labels": "soft"}, {}, "labels = 'soft'"),
]


@pytest.mark.parametrize(("parameters", "given", "message"), WRONG)
def test_what_is_wrong_is_told(
    parameters: dict[str, Any], given: dict[str, Any], message: str, tiny: Callable[..., Path]
) -> None:
    x = np.random.default_rng(0).normal(size=(30, 6))
    truth = np.arange(30) % 2
    if "device" in parameters:
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
