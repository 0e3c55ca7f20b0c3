"""The model folder: a student on disk, as JSON and safetensors, checked when it is read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from outgrow.config.build import component, table_of
from outgrow.config.where import Where
from outgrow.disk import sha256, write_whole
from outgrow.errors import ConfigError, DataError
from outgrow.models.base import Model, models
from outgrow.plain import plain as shown
from outgrow.spec import digest, plain
from outgrow.student.base import Student
from outgrow.tasks.base import Output

FORMAT = 1  # of the folder; raised when an older reader would misread it
FACTS, WEIGHTS, START = "student.json", "weights.safetensors", "start.safetensors"
ELSEWHERE = "choose another folder"
ANSWERS = ("kind", "classes", "named", "columns", "model", "base", "files")  # facts that decide what is answered


def save(student: Student, folder: str | Path) -> Path:
    """Write a student into a folder, which is made.

    Its facts come first, with hashes of what follows: a half-written one is told from a whole one, and can be written
    again.

    The base model's weights are not copied: the folder names them by their hash.

    Raises:
        ConfigError: the folder holds something else.
    """
    import outgrow
    from outgrow.learning.weights import packed

    place = Path(folder)
    check_free(place)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(place, error.strerror or str(error)) from error
    files = {WEIGHTS: packed(dict(student.state))}
    if student.start is not None:
        files[START] = packed(dict(student.start))
    facts = {
        "format": FORMAT,
        "outgrow": outgrow.__version__,
        "kind": student.output.kind,
        "classes": student.classes,
        "named": bool(student.output.class_names),
        "columns": dict(student.columns),
        "model": table_of(student.model, "model"),
        "base": digest(plain(student.model)),
        "about": dict(student.about),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    facts["checksum"] = _checksum(facts)
    write_whole(place / FACTS, json.dumps(facts, indent=1, ensure_ascii=False) + "\n", what="model", cure=ELSEWHERE)
    for name, content in files.items():
        write_whole(place / name, partial(_put, content), what="model", cure=ELSEWHERE)
    if student.start is None:  # that of a model that was there before
        (place / START).unlink(missing_ok=True)
    return place


def _put(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def retell(folder: str | Path, changes: Mapping[str, Any]) -> None:
    """Change what a model folder says of how its student came to be and how good it is, and nothing else."""
    facts, place = read_facts(folder), Path(folder)
    facts["about"] = {**facts["about"], **changes}
    write_whole(place / FACTS, json.dumps(facts, indent=1, ensure_ascii=False) + "\n", what="model")


def check_free(folder: Path) -> None:
    """ConfigError where a student cannot be written: something else is there, or nothing can be."""
    if os.path.exists(folder) and not os.path.isdir(folder):  # unlike Path's, never an error, however odd the name
        raise ConfigError(f"{shown(str(folder))} is a file; a model is written into a folder: choose another name")
    if os.path.isdir(folder) and any(folder.iterdir()) and not (folder / FACTS).is_file():
        raise ConfigError(
            f"the folder {shown(str(folder))} holds other files and no model; choose another, or empty it"
        )
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(one))
    if not os.path.isdir(there):
        raise _unwritable(folder, f"{shown(str(there))} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unwritable(folder, f"nothing can be written in {shown(str(there))}")


def _unwritable(folder: Path, why: str) -> ConfigError:
    return ConfigError(f"the model cannot be written to {shown(str(folder))}: {why}; {ELSEWHERE}")


def read_facts(folder: str | Path) -> dict[str, Any]:
    """What `student.json` of a model folder says.

    Raises:
        ConfigError: there is no model, or one that a newer version wrote.
        DataError: it is damaged.
    """
    place = Path(folder)
    name = shown(str(place))
    if not (place / FACTS).is_file():
        what = "is not there" if not place.exists() else f"has no {FACTS}" if place.is_dir() else "is a file"
        raise ConfigError(f"{name} {what}; a model is a folder that `outgrow train` or `outgrow export` wrote")
    try:
        found = json.loads((place / FACTS).read_bytes())
        version = found["format"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{name}/{FACTS} cannot be read ({shown(str(error))}); train the model again") from None
    if version != FORMAT:
        raise ConfigError(
            f"{name} has the format {version!r}, written by outgrow {shown(str(found.get('outgrow', '?')))}; this "
            f"version reads the format {FORMAT}: use that version of outgrow, or train the model again"
        )
    if found.get("checksum", whole := _checksum(found)) != whole:
        raise DataError(
            f"{name}/{FACTS} was changed in what decides its answers ({', '.join(ANSWERS)}): put the old file back, or "
            "train the model again"
        )
    return found  # type: ignore[no-any-return]


def _checksum(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([facts.get(name) for name in ANSWERS]).encode()).hexdigest()


def load(folder: str | Path) -> Student:
    """The student of a model folder.

    Raises:
        ConfigError: there is no model, or its base model is not here, or is another than it was trained on.
        DataError: a file is damaged.
    """
    facts, place = read_facts(folder), Path(folder)
    try:
        model = component(models, dict(facts["model"]), "student", "model", Where(str(place / FACTS), ""))
        output = Output(
            kind=facts["kind"],
            n_classes=len(facts["classes"]),
            class_names=tuple(map(str, facts["classes"])) if facts["named"] else (),
        )
        columns, about = _texts(facts["columns"]), dict(facts["about"])
        states = {name: _weights(place / name, str(hashed)) for name, hashed in facts["files"].items()}
        state, base = states[WEIGHTS], facts["base"]
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{shown(str(place))}/{FACTS} is damaged ({shown(str(error))}); train the model again"
        ) from None
    _check_base(model, base, place)
    return Student(model=model, output=output, state=state, start=states.get(START), columns=columns, about=about)


def _texts(columns: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(column) for name, column in columns.items()}


def _weights(file: Path, hashed: str) -> Any:
    from safetensors.torch import load_file

    if file.name not in (WEIGHTS, START) or not os.path.isfile(file):
        raise DataError(f"{shown(str(file))} is missing; train the model again")
    if sha256(file) != hashed:
        raise DataError(f"{shown(str(file))} is damaged: its checksum differs; train the model again")
    return load_file(file)


def _check_base(model: Model, base: str, place: Path) -> None:
    if digest(plain(model)) != base:
        raise ConfigError(
            f"{shown(str(place))} was trained on other weights of {model.label!r} than those that are here now; its "
            "answers would be wrong: get the base model that it was trained on, or train again"
        )
