"""The command line's `export`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from outgrow.cli.store import DEFAULT_STORE
from outgrow.errors import ConfigError

if TYPE_CHECKING:
    from outgrow.export.source import Found
    from outgrow.stored import RoleName

WEAK_LABELS, STUDENT = "weak-labels", "student"
CONDITIONS = re.compile(r"(?<!,)\s+(?=[\w.]+=)")  # blanks between conditions, not those within method=name(a=1, b=2)


def export(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help="A model folder; without one, the model is taken out of a store.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="FOLDER", help="Where to write it; for labels, FILE.parquet.")
    ] = "",
    format: Annotated[
        Literal["transformers", "onnx", "student", "weak-labels"] | None,
        typer.Option(
            help="For AutoModelForSequenceClassification, as ONNX, as a model folder of outgrow, or what the labellers "
            "said. By default transformers, or ONNX where that cannot hold the model."
        ),
    ] = None,
    store: Annotated[str, typer.Option("--store", help="Folder of finished steps.")] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=VALUE", help="The row of the store's results; until one is left."),
    ] = None,
    role: Annotated[
        Literal["student", "weak", "ceiling", "zero_shot"] | None,
        typer.Option(help="Which model of the row; the student by default."),
    ] = None,
) -> None:
    """Write a trained model so that others can use it without outgrow, with a card; or weak labels as Parquet."""
    if not to:
        raise ConfigError("--to is missing: the folder to write, such as --to hf/")
    if model and (store or where or role):
        raise ConfigError(f"{model!r} is a model already: leave --store, --where and --role out, or the model")
    if os.path.exists(model) and os.path.exists(to) and os.path.samefile(model, to):
        raise ConfigError(f"--to {to} is the model itself: choose another folder")
    conditions = [part for one in where or [] for part in CONDITIONS.split(one.strip())]
    if format == WEAK_LABELS:
        _labels(model, to, store or DEFAULT_STORE, conditions, role)
    else:
        _model(_found(model, store or DEFAULT_STORE, conditions, role or "student"), to, format)


def _found(model: str, store: str, where: list[str], role: RoleName) -> Found:
    from outgrow.export.source import student_at, student_in
    from outgrow.store import open_store

    return student_at(model) if model else student_in(open_store(store, existing=True), where, role)


def _model(found: Found, to: str, format: str | None) -> None:
    from outgrow.cli.display import say
    from outgrow.export import Format
    from outgrow.export import export as write
    from outgrow.export.folder import write_folder

    if format == STUDENT:
        if write_folder(found.student, to):
            say(f"note: {to} held a model, which the new one replaces, with the rows behind it")
        say(f"{to}: outgrow label {to} FILE answers new rows")
        return
    done = write(found.student, to, format=cast("Format | None", format), rows=found.rows)
    if done.why:
        say(f"as ONNX: {done.why}")
    say(f"{done.folder}: {done.said}")


def _labels(model: str, to: str, store: str, where: list[str], role: str | None) -> None:
    from outgrow.cli.display import say
    from outgrow.export.source import weak_labels_in, weak_labels_of
    from outgrow.export.weak_labels import write_weak_labels
    from outgrow.store import open_store

    if role not in (None, "student"):
        raise ConfigError(f"--role {role} learned from ground truth: weak labels are those that a student learned from")
    said = weak_labels_of(Path(model)) if model else weak_labels_in(open_store(store, existing=True), where)
    for path in write_weak_labels(said, to):
        say(path)
