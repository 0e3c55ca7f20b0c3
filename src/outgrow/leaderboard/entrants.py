"""Who enters: every method, transform, selection and loss by its own name, where it makes sense."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outgrow.config.build import method, method_table
from outgrow.config.where import Where
from outgrow.errors import ConfigError, OutgrowError
from outgrow.experiment import Experiment, run
from outgrow.leaderboard.settings import Setting
from outgrow.methods.base import methods
from outgrow.methods.gt_only import GtOnly
from outgrow.methods.losses.base import losses
from outgrow.methods.selections.base import selections
from outgrow.methods.transforms.base import transforms
from outgrow.registry import Registry
from outgrow.steps import Steps
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np

NAIVE = "naive"
PLACES: tuple[Registry[Any], ...] = (methods, transforms, selections, losses)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A method in a setting.

    Args:
        experiments: one for each seed.
    """

    setting: Setting
    name: str
    experiments: list[Experiment]


@dataclass(kw_only=True)
class Field:
    """All entries, and why some that could be are none.

    Args:
        absent: by setting and name, the reason.
    """

    entries: list[Entry] = field(default_factory=list)
    absent: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of the methods that enter somewhere, `naive` first, in the order of the registries."""
        return list(dict.fromkeys([NAIVE, *(one.name for one in self.entries)]))

    def experiments(self) -> list[Experiment]:
        """Those of all entries."""
        return [one for entry in self.entries for one in entry.experiments]


def entrants(
    settings: list[Setting], *, seeds: int, only: frozenset[str] = frozenset(), budget: int = 100, costly: bool = False
) -> Field:
    """What there is to run.

    Args:
        costly: whether methods enter that take longer in a setting than all others together.
        only: names of methods to enter besides `naive`; all by default.
        budget: rows of ground truth for methods that learn from it.
    """
    found = Field()
    names = list(dict.fromkeys([NAIVE, *(entry.name for place in PLACES for entry in place)]))
    if unknown := only - {*names}:
        raise ConfigError(f"there is no method {min(unknown)!r} (outgrow list methods, transforms, selections, losses)")
    for setting in settings:
        base, steps = setting.experiments(seeds), Steps()
        first_row = _first_row(base[0])
        done: dict[str, str] = {}
        for name in names:
            if only and name not in only and name != NAIVE:
                continue
            if reason := _left_out(setting, name, costly=costly or name in only):
                found.absent[setting.name, name] = reason
                continue
            try:
                entered = [_with_method(one, name, hard=setting.hard, budget=budget) for one in base]
                key = run(entered[0], steps).key
            except OutgrowError as error:
                found.absent[setting.name, name] = str(error)
                continue
            if first_row and (why := entered[0].method.misfit(*first_row)):
                found.absent[setting.name, name] = f"it {why}"
                continue
            if key in done:
                found.absent[setting.name, name] = f"it does there what {done[key]} does"
                continue
            done[key] = name
            found.entries.append(Entry(setting=setting, name=name, experiments=entered))
    return found


def _first_row(one: Experiment) -> tuple[np.ndarray, Output] | None:
    """What a setting's models see of one row, and what is to be answered; None where its data are not here yet."""
    try:
        data = one.task.load()
    except OutgrowError:  # told, with the cure, when the data are read for the run
        return None
    return data.inputs[:1], Output(kind=one.task.kind, n_classes=data.n_classes, class_names=data.class_names)


def _left_out(setting: Setting, name: str, *, costly: bool) -> str:
    """Why a method that could enter does not, or an empty text."""
    if name in setting.costly and not costly:
        return "it would take longer there than all others together; --costly enters it"
    if not setting.several and next(place[name] for place in PLACES if name in place).several:
        return "it makes one of several supervisors' labels, and there is one supervisor"
    return ""


def _with_method(one: Experiment, name: str, *, hard: bool, budget: int) -> Experiment:
    """An experiment with another method, of its own defaults; with the budget if it learns from truth."""
    made = method(given(name, hard=hard), Where("leaderboard"))
    return dataclasses.replace(one, method=made, n_ground_truth=budget if made.uses_truth else 0)


def given(name: str, *, hard: bool) -> Any:
    """What a config would give as method, so that the student learns hard labels where these are the setting's."""
    if not hard or name == GtOnly.name:  # which learns from no weak label
        return name
    if name in methods and "labels" in method_table(method(name, Where("leaderboard"))):
        return {"name": name, "labels": "hard"}
    return ["harden", name] if name != "harden" else name
