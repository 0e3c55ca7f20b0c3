"""What a reference says: which study, which numbers, how far they spread, where they come from. One TOML file each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from outgrow.config import read_experiments
from outgrow.errors import UnknownName
from outgrow.experiment import Experiment
from outgrow.spec import suggestion

ROLES = {"weak": "weak_score"} | {role: role for role in ("student", "ceiling", "zero_shot", "pgr", "agreement")}
"""What numbers are of, and their keys in a file: `weak` names the supervisor there."""
SELECTORS = ("task", "weak", "strong", "method")


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number of a reference.

    Args:
        of: the row it belongs to: some of task, weak, strong and method, as the results table has them.
        what: the score of a role, PGR or agreement.
        error: its standard error; None where the source tells no spread.
    """

    of: dict[str, str]
    what: str
    value: float
    error: float | None = None

    @property
    def label(self) -> str:
        """In words: `gpt2 -> gpt2-xl, naive: student`."""
        pair = " -> ".join(self.of[name] for name in ("weak", "strong") if name in self.of)
        others = [self.of[name] for name in ("task", "method") if name in self.of]
        return f"{', '.join([*([pair] if pair else []), *others])}: {self.what.replace('_', '-')}"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an analysis is to find: an identity, or an ordering that somebody published.

    Args:
        analysis: of `outgrow list analyses`.
    """

    analysis: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A study and what is known of it.

    Args:
        sets: overrides of the experiment; several sets make one study of several lists of experiments.
        seeds: that the source used, as far as it says; a run uses as many.
        reasons: why a run may lie outside though nothing is wrong.
        keys: of the results that numbers of this project come from, in the order of the experiments; may be empty.
        misfit: whether the identity of gain and misfit is checked on its labels and features.
    """

    name: str
    about: str
    experiment: str
    sets: tuple[tuple[str, ...], ...] = ((),)
    seeds: int
    source: str
    reasons: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    expected: tuple[Expected, ...] = ()
    keys: tuple[str, ...] = ()
    misfit: bool = False

    def experiments(self, seeds: int | None = None) -> list[Experiment]:
        """All experiments of the study; with another number of seeds, if that is said."""
        numbers = range(seeds or self.seeds)
        found = [one for some in self.sets for one in read_experiments(self.experiment, settings=some, seeds=numbers)]
        return list(dict.fromkeys(found))


def references() -> dict[str, Reference]:
    """All references, by name."""
    folder = files("outgrow.references")
    found = {}
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".toml"):
            name = item.name.removesuffix(".toml")
            found[name] = parsed(name, tomllib.loads(item.read_text(encoding="utf-8")))
    return found


def reference(name: str) -> Reference:
    """One by its name; UnknownName where there is none."""
    known = references()
    if name not in known:
        raise UnknownName(f"there is no reference {name!r}; {suggestion(name, [*known])} (outgrow reproduce --list)")
    return known[name]


def parsed(name: str, document: dict[str, Any]) -> Reference:
    """A reference out of its document."""
    numbers = []
    for one in document.get("numbers", []):
        of = {key: one[key] for key in SELECTORS if key in one}
        for role, key in ROLES.items():
            if key in one:
                value, error = one[key] if isinstance(one[key], list) else (one[key], None)
                numbers.append(Number(of=of, what=role, value=value, error=error))
    return Reference(
        name=name,
        about=document["about"],
        experiment=document["experiment"],
        sets=tuple(tuple(some) for some in document.get("sets", [[]])),
        seeds=document["seeds"],
        source=document["source"],
        reasons=tuple(document.get("reasons", [])),
        numbers=tuple(numbers),
        expected=tuple(Expected(**one) for one in document.get("expected", [])),
        keys=tuple(document.get("keys", [])),
        misfit=document.get("misfit", False),
    )
