"""A student as a folder for others: written beside its place, tried, and moved there when it is right."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from outgrow.errors import ConfigError
from outgrow.export.card import card
from outgrow.export.classifier import CannotHold, classifier_of
from outgrow.export.graph import write_graph
from outgrow.export.reading import reads
from outgrow.export.trial import check, trial_rows
from outgrow.plain import plain
from outgrow.student import Student

Format = Literal["transformers", "onnx"]
FACTS = "outgrow.json"
OF_RUST = re.compile(r"(?:^|: )([^:]+) \(os error \d+\)")  # an OSError as safetensors and tokenizers tell it


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written.

    Args:
        difference: the largest between its probabilities and the student's on a few rows; None where it was not opened.
        why: this format, where it was chosen and is not transformers; else empty.
        takes: what a graph is to be fed with, where that is no text.
    """

    folder: Path
    format: Format
    difference: float | None
    why: str = ""
    takes: str = ""

    @property
    def said(self) -> str:
        """What it is, and how near it answers, in a sentence."""
        opens = "opens with AutoModelForSequenceClassification" if self.format == "transformers" else "model.onnx"
        opens += f", which takes {self.takes}" if self.takes else ""
        if self.difference is None:
            return f"{opens}; it was not tried, since onnxruntime is not installed (the extra [export])"
        return f"{opens}; probabilities differ from the student's by at most {self.difference:.1g} (in float32)"


def export(
    student: Student, folder: str | Path, *, format: Format | None = None, rows: np.ndarray | None = None
) -> Exported:
    """Write a student as a model that opens without outgrow.

    Args:
        format: `transformers` for `AutoModelForSequenceClassification`, or `onnx`; by default the first that can.
        rows: some inputs as its task has them, to try it with; built-in ones by default.

    Raises:
        ConfigError: the format cannot hold it, or the folder is not free; says why.
        DataError: what was written answers otherwise than the student.
        MissingDependency: a library that the format needs is not installed.
    """
    if student.output.kind == "generation":
        raise ConfigError(
            f"{student.model.label} writes texts; only classes and rewards are exported: keep it as --format student"
        )
    if getattr(student.model, "quantised", ""):
        raise ConfigError(
            f"{student.model.label} has weights of few bits, and only full ones are exported: keep it as --format "
            "student, or train it without `quantised`"
        )
    tried, why, made = trial_rows(student, rows), "", None
    with _in_place(Path(folder)) as place:
        if format != "onnx":
            try:
                made = classifier_of(student)
            except CannotHold as error:
                if format:
                    raise
                why = error.why
        chosen: Format
        if made is None:
            chosen, layers, facts = "onnx", 0, write_graph(student, tried, place)
        else:
            made.model.save_pretrained(place)
            made.tokenizer.save_pretrained(place)
            chosen, layers = "transformers", made.place.layers
            facts = {"kind": student.output.kind, "classes": student.classes, "layers_appended": layers}
        made = None  # its memory
        if how := reads(student):
            facts["text"] = how
        (place / FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        difference = check(place, student, tried)
        fed = facts.get("inputs", {})
        tokens = chosen == "transformers" or "max_length" in fed
        told = card(student, format=chosen, appended=layers > 0, difference=difference, tokens=tokens)
        (place / "README.md").write_text(told, encoding="utf-8")
        for file in place.iterdir():  # safetensors lets nobody but the owner read
            shutil.copymode(place / FACTS, file)
    takes = "" if tokens else str(fed["what"])
    return Exported(folder=Path(folder), format=chosen, difference=difference, why=why, takes=takes)


@contextmanager
def _in_place(folder: Path) -> Iterator[Path]:
    """An empty folder, which takes its place when the block ends well, and is deleted otherwise.

    Raises:
        ConfigError: the place is not free, or cannot be written.
    """
    name = plain(str(folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "holds other files" if folder.is_dir() else "is a file"
        raise ConfigError(f"{name} {what}: choose another folder with --to, or delete it first")
    partial = folder.absolute().parent / f".{uuid.uuid4().hex}.partial"
    try:
        partial.mkdir(parents=True)
        try:
            yield partial
            os.replace(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except Exception as error:
        told = OF_RUST.search(str(error))
        if not isinstance(error, OSError) and not told:
            raise
        why = told[1] if told else getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot write the model to {name}: {why}; choose another folder with --to") from error
