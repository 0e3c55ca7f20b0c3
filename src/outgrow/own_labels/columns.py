"""What the columns of somebody's table are, as said by who asks for a training."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from outgrow.errors import ConfigError
from outgrow.own_labels.seen import needed
from outgrow.tasks.base import Kind
from outgrow.tasks.sources.content import check_encoding
from outgrow.tasks.sources.separated import check_delimiter
from outgrow.tasks.sources.templates import names_in


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which columns hold what. Texts can be templates with columns in braces.

    Args:
        text: what a model reads, for classes.
        first, second: the two candidates, where the better one is wanted.
        prompt: what both candidates answer; it goes before each.
        image: the path of an image, taken from the table's folder.
        labels: of a labeller each: its classes, or the probability of the second of two; `p_*` stands for one labeller
            with a column of probabilities for each class, called p_CLASS; or the path of a label matrix, an .npy file.
        annotator: says whose label a row is: rows of one text are labels of several labellers.
        audited: the true class of rows that somebody checked, empty for all others.
        classes: names of the classes in their order; by default those found, sorted.
        no_label: labels that say that there is none, besides empty ones, -1 and `abstain`.
        group: rows of a group stay together wherever rows are held out.
        sources: say where a row comes from; results are told for each.
        encoding, delimiter: of text files, where they are not found out.
    """

    text: str = ""
    first: str = ""
    second: str = ""
    prompt: str = ""
    image: str = ""
    labels: tuple[str, ...] = ()
    annotator: str = ""
    audited: str = ""
    classes: tuple[str, ...] = ()
    no_label: tuple[str, ...] = ()
    group: str = ""
    sources: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""

    def __post_init__(self) -> None:
        check_encoding(self.encoding, where="--encoding")
        check_delimiter(self.delimiter, where="--delimiter")
        shown = [name for name in ("text", "first", "image") if getattr(self, name)]
        if len(shown) != 1 or bool(self.first) != bool(self.second):
            raise ConfigError(
                "say what a model is to see, once: --text COLUMN, or --first COLUMN --second COLUMN for two candidates "
                f"of which one is better, or --image COLUMN{self._given(shown)}"
            )
        if self.prompt and not self.first:
            raise ConfigError("--prompt is for two candidates (--first, --second); write a template for a text")
        if not self.labels:
            raise ConfigError("say which columns hold weak labels: --labels COLUMN,COLUMN")
        if packed := [one for one in self.labels if one.lower().endswith(".npz")]:
            raise ConfigError(
                f"--labels {packed[0]!r} may hold several arrays; save the one of labels alone: np.save('L.npy', L)"
            )
        if twice := [one for one in self.labels if self.labels.count(one) > 1]:
            raise ConfigError(f"--labels names {twice[0]!r} twice; each column is one labeller")
        if self.annotator and len(self.labels) > 1:
            raise ConfigError(
                f"--annotator {self.annotator!r} says whose label each row of one column is; with several columns of "
                "labels leave it out"
            )
        if self.audited in self.labels:
            raise ConfigError(f"--audited {self.audited!r} is a column of weak labels too; choose one of both")
        for name, one in (("--annotator", self.annotator), ("--group", self.group)):
            if one and one in (*self.labels, self.audited):
                raise ConfigError(f"{name} {one!r} is a column of labels too; choose another, or leave {name} out")
        if self.first and self.first == self.second:
            raise ConfigError(f"--first and --second are one column, {self.first!r}; name two")
        if self.classes and self.first:
            raise ConfigError(
                f"--classes {','.join(self.classes)} is for texts and images; leave it out: of two candidates labels "
                "are first or second, A or B, 0 or 1, or 1 or 2, of which the former is the one of --first"
            )
        if len(set(self.classes)) < len(self.classes) or len(self.classes) == 1:
            raise ConfigError(f"--classes needs at least two different names, not {', '.join(self.classes)}")
        for name in self.inputs.values():
            for one in (*self.labels, self.audited):
                if one and (one == name or one in names_in(name)):
                    raise ConfigError(f"{name!r} shows the model the label {one!r}; choose another column")

    def _given(self, shown: list[str]) -> str:
        return f"; given were {' and '.join(f'--{name}' for name in shown)}" if shown else ""

    @property
    def kind(self) -> Kind:
        """What is to be learned."""
        return "preference" if self.first else "classification"

    @property
    def inputs(self) -> dict[str, str]:
        """The columns or templates that a model sees, by role."""
        return {name: found for name in INPUTS if (found := getattr(self, name))}

    @property
    def named(self) -> list[str]:
        """Names, or patterns, of all columns in use; of a template itself, and those in its braces."""
        labels = [one for one in self.labels if not one.lower().endswith(".npy")]
        others = [one for one in (self.annotator, self.audited, self.group, *self.sources) if one]
        return [*needed(self.inputs), *labels, *others]

    def said(self) -> dict[str, Any]:
        """All that was given, as plain data."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}


INPUTS = ("text", "first", "second", "prompt", "image")
