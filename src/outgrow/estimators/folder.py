"""Folders of estimators: a model folder where there is a model, else JSON and safetensors of their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.config.build import method_table, table_of
from outgrow.disk import sha256, write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.methods.base import Method
from outgrow.models.base import Model
from outgrow.plain import plain
from outgrow.spec import short
from outgrow.student import folder as students
from outgrow.trust.intervals import Estimate

Estimator = Any  # the classes of `base`, which imports this
FORMAT = 1  # of what is kept of an estimator; raised when an older reader would misread it
FACTS, WEIGHTS = "estimator.json", "head.safetensors"
NUMBERS = ("bool", *(f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64)))  # of classes


def save(one: Estimator, folder: Path) -> Path:
    """Write an estimator; its facts come last, so that a half-written one is not read.

    Raises:
        ConfigError: something else is there, or a parameter or class cannot be written as JSON.
    """
    import outgrow

    facts = _facts(one)
    if hasattr(one, "student_"):
        _check_free(folder, {students.FACTS, students.WEIGHTS, students.START})
        return students.save(replace(one.student_, about={**one.student_.about, "estimator": facts}), folder)
    from safetensors.numpy import save as packed

    _check_free(folder, {FACTS, WEIGHTS})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTS).unlink(missing_ok=True)
    arrays = {name: np.ascontiguousarray(getattr(one, f"{name}_")) for name in _arrays(one)}
    write_whole(folder / WEIGHTS, lambda file: file.write(packed(arrays)), what="estimator")  # type: ignore[arg-type]
    whole = {**facts, "outgrow": outgrow.__version__, "files": {WEIGHTS: sha256(folder / WEIGHTS)}}
    whole["checksum"] = _checksum(whole)
    write_whole(folder / FACTS, json.dumps(whole, indent=1, ensure_ascii=False) + "\n", what="estimator")
    return folder


def load(of: type[Estimator], folder: Path) -> Estimator:
    """The estimator of a folder that `save`, or `outgrow train`, wrote.

    Raises:
        ConfigError: there is none, or one of another kind, or a newer format.
        DataError: it is damaged.
    """
    if (folder / students.FACTS).is_file():
        student = students.load(folder)
        if student.output.kind != of._kind:
            raise ConfigError(
                f"{plain(str(folder))} holds a model for {student.output.kind}, and {of.__name__} is none"
            )
        made = _made(of, student.about.get("estimator") or _facts_of_a_student(of, student), folder)
        if [*map(str, made.classes_)] != student.classes:
            raise _damaged(folder, f"classes {short(made.classes_.tolist())} for a model of {short(student.classes)}")
        made.student_ = student
        return made
    if not (folder / FACTS).is_file():
        raise ConfigError(
            f"{plain(str(folder))} holds no estimator; `save` of an estimator or `outgrow train` writes one"
        )
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        hashed = str(facts["files"][WEIGHTS])
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise _damaged(folder, error) from None
    made = _made(of, facts, folder)
    if facts.get("checksum", found := _checksum(facts)) != found:
        raise _damaged(folder, f"{FACTS} was changed")
    from safetensors.numpy import load_file

    if not (folder / WEIGHTS).is_file() or sha256(folder / WEIGHTS) != hashed:
        raise _damaged(folder, f"{WEIGHTS} is missing, or its checksum differs")
    arrays = load_file(folder / WEIGHTS)
    try:
        for name in _arrays(made):
            setattr(made, f"{name}_", arrays[name])
        shapes, features = [arrays[name].shape for name in _arrays(made)], (made.n_features_in_,)
    except (LookupError, AttributeError) as error:
        raise _damaged(folder, error) from None
    k = len(made.classes_)
    if shapes != ([features] if made._kind == "preference" and k == 2 else [(k, *features), (k,)]):
        raise _damaged(folder, f"{k} classes and {features[0]} features, beside numbers of the shapes {shapes}")
    return made


def _checksum(facts: Mapping[str, Any]) -> str:
    own = json.dumps({name: value for name, value in facts.items() if name != "checksum"}, sort_keys=True)
    return hashlib.sha256(own.encode()).hexdigest()


def _check_free(folder: Path, own: set[str]) -> None:
    """ConfigError where other files are there, such as the rows that another model learned from."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{plain(str(folder))} is a file; an estimator is written into a folder: choose another name")
    if folder.is_dir() and (others := sorted({one.name for one in folder.iterdir()} - own)):
        raise ConfigError(f"{plain(str(folder))} holds other files, such as {plain(others[0])}; choose another folder")


def _arrays(one: Estimator) -> tuple[str, ...]:
    return ("coef",) if one._kind == "preference" else ("coef", "intercept")


def _facts(one: Estimator) -> dict[str, Any]:
    """Parameters, and what is known after a training but the numbers of the head, as plain data."""
    given = one.get_params(deep=False)
    whole = isinstance(given["random_state"], int | np.integer)
    written = {
        **given,
        "model": table_of(given["model"], "model") if isinstance(given["model"], Model) else given["model"],
        "method": method_table(given["method"]) if isinstance(given["method"], Method) else given["method"],
        "random_state": int(given["random_state"]) if whole else None,  # a generator cannot be kept
        "classes": None if given["classes"] is None else np.asarray(given["classes"]).tolist(),
    }
    facts = {
        "format": FORMAT,
        "estimator": type(one).__name__,
        "parameters": {
            name: value.item() if isinstance(value, np.generic) else value for name, value in written.items()
        },
        "classes": one.classes_.tolist(),
        "numbers": one.classes_.dtype.name if one.classes_.dtype.name in NUMBERS else None,
        "labellers": one.labellers_,
        "reading": one.reading_,
        "method": one.method_,
        "l2": one.l2_,
        "reasons": one.reasons_,
        "notes": one.notes_,
        "features": getattr(one, "n_features_in_", None),
        "names": getattr(one, "feature_names_in_", np.array([])).tolist(),
    }
    if hasattr(one, "learned_"):
        found = None if one.accuracy_ is None else asdict(one.accuracy_)
        if found and not np.isfinite(found["worth"]):
            found["worth"] = None  # JSON has no infinity
        facts |= {"learned": one.learned_.tolist(), "checking": one.checking_.tolist(), "accuracy": found}
    try:
        json.dumps(facts, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"the estimator cannot be written as JSON: {error}; its parameters are {short(given, 200)}"
        ) from None
    return facts


def _facts_of_a_student(of: type[Estimator], student: Any) -> dict[str, Any]:
    """Those of an estimator that would have made a student of the command line."""
    about: Mapping[str, Any] = student.about
    supervisors = [str(one["name"]) for one in about.get("supervisors", ())]
    return {
        "format": FORMAT, "estimator": of.__name__, "parameters": {"model": table_of(student.model, "model")},
        "classes": student.classes, "labellers": supervisors, "reading": "auto",
        "method": about.get("method"), "l2": None, "reasons": list(about.get("chosen", ())),
        "notes": [], "features": None, "names": [],
    }  # fmt: skip


def _made(of: type[Estimator], facts: Mapping[str, Any], folder: Path) -> Estimator:
    try:
        if facts["format"] != FORMAT:
            raise ConfigError(
                f"{plain(str(folder))} has the format {facts['format']!r}; this version of outgrow reads {FORMAT}: use "
                "the one that wrote it, or train again"
            )
        if facts["estimator"] != of.__name__:
            raise ConfigError(
                f"{plain(str(folder))} holds a {plain(str(facts['estimator']))}, and {of.__name__} is none"
            )
        made = of(**facts["parameters"])
        made.classes_, made.labellers_ = np.array(facts["classes"]), list(facts["labellers"])
        if made.classes_.ndim != 1:
            raise ValueError("classes are no list")
        if (numbers := facts.get("numbers")) is not None:
            made.classes_ = made.classes_.astype(next(one for one in NUMBERS if one == numbers))
        made.reading_ = str(facts["reading"])
        made.method_, made.l2_ = facts["method"], facts["l2"]
        made.reasons_, made.notes_ = list(facts["reasons"]), list(facts["notes"])
        if "learned" in facts:  # not of the command, nor of older folders
            made.learned_, made.checking_ = (np.array(facts[name], np.int64) for name in ("learned", "checking"))
            found = facts["accuracy"]
            endless = {} if found is None or found["worth"] is not None else {"worth": np.inf}
            made.accuracy_ = None if found is None else Estimate(**{**found, **endless})
        if facts["features"] is not None:
            made.n_features_in_ = int(facts["features"])
        if facts["names"]:
            made.feature_names_in_ = np.array(facts["names"], object)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise _damaged(folder, error) from None
    return made


def _damaged(folder: Path, why: object) -> DataError:
    return DataError(f"{plain(str(folder))} is damaged ({plain(str(why))}); train the estimator again")


def about(one: Estimator, votes: np.ndarray, seed: int) -> dict[str, Any]:
    """How a student came to be, as plain data for its folder and its card."""
    import outgrow

    speaks = np.asarray(votes.any(-1))
    found = one.accuracy_
    return {
        "outgrow": outgrow.__version__,
        "seed": seed,
        "method": one.method_,
        "chosen": one.reasons_,
        "data": {"name": "arrays of Python", "rows": speaks.shape[1], "labelled": int(speaks.any(0).sum())},
        "supervisors": [
            {"name": name, "coverage": float(own.mean())} for name, own in zip(one.labellers_, speaks, strict=True)
        ],
        "audited": {"learned": len(one.learned_), "checking": len(one.checking_)},
        "accuracy": found and {name: getattr(found, name) for name in ("value", "low", "high", "n", "how")},
    }
