"""An estimator in a folder is the same estimator, without pickle; what is damaged or of another kind is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from sklearn.exceptions import NotFittedError

from outgrow import WeakToStrongClassifier, WeakToStrongRewardModel
from outgrow.errors import ConfigError, DataError
from outgrow.estimators.folder import FACTS, WEIGHTS
from outgrow.methods.naive import Naive
from outgrow.runtime import Runtime
from outgrow.student import load as load_student
from outgrow.student.folder import FACTS as MODEL

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
PARAMETERS: dict[str, Any] = {"method": ["filter", "confidence"], "l2": np.float64(0.02), "random_state": np.int64(3)}


def fitted(classes: Any = (0, 1)) -> WeakToStrongClassifier:
    return WeakToStrongClassifier(**PARAMETERS).fit(X, np.array(classes)[Y])


@pytest.mark.parametrize(
    "classes",
    [[0, 1], ["no", "yes"], [False, True], [-1.0, 1.0], np.array([0, 1], np.int8), np.array([1, 3], np.float32)],
)
def test_a_classifier_of_numbers(classes: list[Any], tmp_path: Path) -> None:
    made = fitted(classes)
    again = WeakToStrongClassifier.load(made.save(tmp_path / "model"))
    assert np.array_equal(again.predict_proba(X), made.predict_proba(X))
    assert again.predict(X).tolist() == made.predict(X).tolist()
    assert again.predict(X).dtype == made.predict(X).dtype == np.array(classes).dtype
    assert again.get_params() == made.get_params()
    for name in ("method_", "l2_", "reasons_", "labellers_", "notes_", "n_features_in_"):
        assert getattr(again, name) == getattr(made, name), name
    assert sorted(one.name for one in (tmp_path / "model").iterdir()) == [FACTS, WEIGHTS]
    with pytest.raises(ValueError, match="3 features, but WeakToStrongClassifier is expecting 4"):
        again.predict(X[:, :3])
    fitted(["a", "b"]).save(tmp_path / "model")  # in place of it
    assert WeakToStrongClassifier.load(tmp_path / "model").classes_.tolist() == ["a", "b"]


def test_a_reward_model_of_numbers(tmp_path: Path) -> None:
    made = WeakToStrongRewardModel(method=Naive(labels="hard"), l2=0.1).fit(X, Y)
    again = WeakToStrongRewardModel.load(made.save(tmp_path / "model"))
    assert np.array_equal(again.reward(X), made.reward(X))
    assert np.array_equal(again.predict_proba(X), made.predict_proba(X))
    assert again.get_params()["method"] == {"name": "naive", "labels": "hard"}
    assert np.array_equal(again.fit(X, Y).coef_, made.coef_)


@pytest.mark.parametrize("worth", [30.5, float("inf")])
def test_what_is_known_of_audited_rows_is_kept(worth: float, tmp_path: Path) -> None:
    made = WeakToStrongClassifier(method="naive", l2=0.1).fit(X, Y, audited=dict(enumerate(Y[:20].tolist())))
    assert made.accuracy_ is not None
    made.accuracy_ = replace(made.accuracy_, worth=worth)
    once = WeakToStrongClassifier.load(made.save(tmp_path / "once"))
    again = WeakToStrongClassifier.load(once.save(tmp_path / "again"))
    assert again.accuracy_ == made.accuracy_
    assert np.array_equal(again.learned_, made.learned_)
    assert np.array_equal(again.checking_, made.checking_)


def test_with_a_model_it_is_a_model_folder(tiny: Callable[..., Path], tmp_path: Path) -> None:
    texts = tiny_models.texts(40)
    truth = np.array(["good" in text for text in texts])
    model = {"model": "transformer", "path": str(tiny("bert")), "max_length": 64}
    made = WeakToStrongClassifier(model=model).fit(texts, truth, audited=dict(enumerate(truth[:20].tolist())))
    made.save(tmp_path / "model")
    again = WeakToStrongClassifier.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(texts), made.predict_proba(texts))
    assert again.classes_.tolist() == [False, True]
    assert again.get_params() == made.get_params()
    from outgrow.learning.machine import machine_of

    student = load_student(tmp_path / "model")
    assert np.array_equal(student.answers(texts, machine_of(Runtime())), made.predict_proba(texts))
    assert student.classes == ["False", "True"]
    assert student.about["audited"] == {"learned": 10, "checking": 10}
    assert made.accuracy_ is not None
    assert student.about["accuracy"]["value"] == made.accuracy_.value
    copied = copy.deepcopy(made)  # as a pickle is made
    assert not {"network", "_frozen"} & vars(copied.student_).keys(), "the base model is part of it"
    assert np.array_equal(copied.predict(texts), made.predict(texts))
    facts = json.loads((tmp_path / "model" / MODEL).read_text())
    about = json.dumps(facts["about"].pop("estimator"))  # as of the command line
    (tmp_path / "model" / MODEL).write_text(json.dumps(facts))
    of_a_command = WeakToStrongClassifier.load(tmp_path / "model")
    assert of_a_command.classes_.tolist() == ["False", "True"]
    assert np.array_equal(of_a_command.predict_proba(texts), made.predict_proba(texts))
    facts["about"]["estimator"] = json.loads(about)
    facts["about"]["estimator"]["classes"] = [True, False]
    (tmp_path / "model" / MODEL).write_text(json.dumps(facts))
    with pytest.raises(DataError, match=r"classes \[True, False\] for a model of \['False', 'True'\]"):
        WeakToStrongClassifier.load(tmp_path / "model")
    with pytest.raises(ConfigError, match="a model for classification"):
        WeakToStrongRewardModel.load(tmp_path / "model")


def test_what_is_not_fitted_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        WeakToStrongClassifier().save(tmp_path / "model")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds other files, such as notes\.txt"):
        fitted().save(tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        fitted().save(tmp_path / "notes.txt")
    made = fitted()
    made.abstain = Path("x")
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        made.save(tmp_path / "model")
    generator = fitted()
    generator.random_state = np.random.RandomState(0)
    assert WeakToStrongClassifier.load(generator.save(tmp_path / "drawn")).random_state is None


def test_nothing_and_other_kinds_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no estimator"):
        WeakToStrongClassifier.load(tmp_path)
    fitted().save(tmp_path / "model")
    with pytest.raises(ConfigError, match="holds a WeakToStrongClassifier, and WeakToStrongRewardModel is none"):
        WeakToStrongRewardModel.load(tmp_path / "model")
    facts = json.loads((tmp_path / "model" / FACTS).read_text())
    (tmp_path / "model" / FACTS).write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(ConfigError, match="has the format 99; this version of outgrow reads 1"):
        WeakToStrongClassifier.load(tmp_path / "model")


@pytest.mark.parametrize(
    "damage",
    [
        "weights",
        "no weights",
        "json",
        "list",
        "field",
        "parameter",
        "types",
        "turned",
        "classes",
        "one class",
        "width",
        "numbers",
    ],
)
def test_damage_is_told(damage: str, tmp_path: Path) -> None:
    fitted().save(tmp_path)
    facts = json.loads((tmp_path / FACTS).read_text())
    if damage == "weights":
        content = bytearray((tmp_path / WEIGHTS).read_bytes())
        content[-1] ^= 1
        (tmp_path / WEIGHTS).write_bytes(content)
    if damage == "no weights":
        (tmp_path / WEIGHTS).unlink()
    if damage == "field":
        del facts["classes"]
    if damage == "parameter":
        facts["parameters"]["nonsense"] = 1
    if damage == "types":
        facts["labellers"] = 3
    if damage == "turned":
        facts["classes"] = facts["classes"][::-1]
    else:
        del facts["checksum"]  # as of folders that have none
    if damage == "classes":
        facts["classes"] = [0, 1, 2]
    if damage == "one class":
        facts["classes"] = 1
    if damage == "width":
        facts["features"] = 3
    if damage == "numbers":
        facts["numbers"] = "V9"
    text = json.dumps([facts] if damage == "list" else facts)
    (tmp_path / FACTS).write_text(text[:50] if damage == "json" else text)
    with pytest.raises(DataError, match=r"is damaged .* train the estimator again"):
        WeakToStrongClassifier.load(tmp_path)
