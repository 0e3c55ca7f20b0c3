"""Experiments out of TOML; `--set` beats the file, the file beats the defaults."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from outgrow.config.baselines import wanted, with_baselines
from outgrow.config.build import (
    build,
    check_keys,
    component,
    ladder_of,
    method,
    named,
    role,
    shift_of,
    supervisor,
    swept,
)
from outgrow.config.sources import LARGEST, experiment_text, parse_toml, shipped_experiments
from outgrow.config.tables import TABLES, assign, deep_copy, parse_setting, table
from outgrow.config.toml import to_tables, to_toml
from outgrow.config.where import Where
from outgrow.errors import ConfigError
from outgrow.experiment import Backwards, Experiment
from outgrow.metrics.base import metrics
from outgrow.spec import short
from outgrow.specs import SplitSpec
from outgrow.tasks.base import tasks

__all__ = [
    "expand", "from_tables", "read", "read_experiments", "seeds_from", "shipped_experiments", "to_tables", "to_toml",
]  # fmt: skip


def read_experiments(
    source: str, *, settings: Sequence[str] = (), seeds: Sequence[int] | None = None
) -> list[Experiment]:
    """All experiments of a shipped name or a TOML file, one per combination of its sweep and per seed.

    Args:
        source: a shipped experiment's name or the path of a TOML file.
        settings: `table.key=value` texts that override the file.
        seeds: overrides the sweep's seeds.
    """
    name, text, where = experiment_text(source)
    try:
        return expand(parse_toml(text, where), name=name, settings=settings, seeds=seeds, where=Where(where, text))
    except RecursionError:
        raise ConfigError(f"{where}: its lists or tables are nested too deeply") from None


def expand(
    document: Mapping[str, Any],
    *,
    name: str,
    settings: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    where: Where | None = None,
) -> list[Experiment]:
    """Experiments of a parsed document: the sweep's combinations times its seeds."""
    where = where or Where(name, "")
    tables = deep_copy(document)
    overrides = [parse_setting(text) for text in settings]
    for path, value in overrides:
        key = ".".join(path)
        where.set.add(key)
        assign(tables, path, value, where)
        if isinstance(tables.get("sweep"), dict):  # what is set on the command line is not swept, nor a part of it
            for swept in [one for one in tables["sweep"] if f"{one}.".startswith(f"{key}.")]:
                del tables["sweep"][swept]
    check_keys(tables, TABLES, "", where)
    baselines = wanted(tables, where)
    sweep = table(tables, "sweep", where)
    tables.pop("sweep", None)
    sweep_seeds = sweep.pop("seeds", [0])
    chosen = list(seeds) if seeds is not None else sweep_seeds
    place = "--seeds" if seeds is not None else where.at("sweep.seeds")
    if (
        not isinstance(chosen, list)
        or not chosen
        or not all(type(seed) is int and 0 <= seed < LARGEST for seed in chosen)
    ):
        raise ConfigError(f"{place}: seeds must be a list of whole numbers from 0, not {short(chosen)}")
    if len(set(chosen)) != len(chosen):
        raise ConfigError(f"{place}: a seed is given twice in {chosen!r}")
    for key, values in sweep.items():
        if not isinstance(values, list) or not values:
            cure = (
                "; write [...]" if isinstance(values, (list, dict)) else f"; write {json.dumps([values], default=str)}"
            )
            raise ConfigError(
                f"{where.at(f'sweep.{key}')}: [sweep] {key!r} must be a list of values, not {short(values)}{cure}"
            )
    found: list[Experiment] = []
    backwards: Backwards | None = None
    made = _Made()
    for values in itertools.product(*sweep.values()):
        combination = deep_copy(tables)
        for key, value in zip(sweep, values, strict=True):
            assign(combination, key.split("."), value, where)
        for path, value in overrides:  # once more: the command line beats a swept table too
            assign(combination, path, value, where)
        try:
            several = _experiments(combination, name, where, made)
        except Backwards as error:
            backwards = error
            continue
        found += [dataclasses.replace(one, seed=seed) for one in several for seed in chosen]
    if not found:
        assert backwards is not None
        raise backwards
    found = list(dict.fromkeys(found))
    return with_baselines(found) if baselines else found


class _Made:
    """Components by the tables that they were made of: the combinations of a sweep share most of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def once(self, what: str, tables: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives; made anew only for other tables."""
        key = what, repr(tables)
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]


def _experiments(tables: dict[str, Any], name: str, where: Where, made: _Made) -> list[Experiment]:
    """The experiment of some tables; and the same scored on another task's test, where there is [shift]."""
    for one in ("task", "split", "weak", "strong"):
        if one not in tables:
            raise ConfigError(f"{where}: the table [{one}] is missing")
    train = table(tables, "train", where)
    metric = tables.get("metric", "accuracy")
    if not isinstance(metric, str):
        cure = f"; {swept('metric', metric)}" if isinstance(metric, list) else ""
        raise ConfigError(
            f"{where.at('metric')}: metric must be a name, not {short(metric)} (outgrow list metrics){cure}"
        )
    named(metrics, metric, "metric", where)
    budget = tables.get("n_ground_truth", 0)
    if isinstance(budget, list):
        cure = swept("n_ground_truth", budget)
        raise ConfigError(f"{where.at('n_ground_truth')}: n_ground_truth is one number; {cure}")
    task, weak, strong, split = (table(tables, one, where) for one in ("task", "weak", "strong", "split"))
    how = tables.get("method", "naive")
    fields = {
        "task": made.once("task", task, lambda: component(tasks, task, "task", "name", where)),
        "weak": made.once("weak", (weak, train), lambda: supervisor(weak, train, where)),
        "strong": made.once("strong", (strong, train), lambda: role(strong, train, "strong", where)),
        "method": made.once("method", how, lambda: method(how, where)),
        "split": made.once("split", split, lambda: build(SplitSpec, split, "split", where)),
    }
    if "difficulty" in tables:
        fields["ladder"] = ladder_of(table(tables, "difficulty", where), train, where)
    try:
        here = Experiment(name=name, metric=metric, n_ground_truth=budget, **fields)
        if "shift" not in tables:
            return [here]
        shift, too = shift_of(table(tables, "shift", where), fields["split"].test, where)
        return [*([here] if too else []), dataclasses.replace(here, shift=shift)]
    except ConfigError as error:
        raise type(error)(f"{where.at(error.key) if error.key else where}: {error}") from None


def read(text: str, *, name: str = "experiment") -> Experiment:
    """The one experiment that a TOML text describes; ConfigError where it describes several."""
    found = expand(parse_toml(text, name), name=name, where=Where(name, text))
    if len(found) != 1:
        raise ConfigError(f"{name} describes {len(found)} experiments, and one is wanted")
    return found[0]


def from_tables(tables: Mapping[str, Any], *, name: str, seed: int) -> Experiment:
    """The experiment that `to_tables` described; ConfigError where a component of it is not here."""
    (found,) = expand(tables, name=name, seeds=[seed])
    return found


def seeds_from(text: str) -> list[int]:
    """`0,1,2` -> [0, 1, 2]."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--seeds {short(text)}: write whole numbers with commas between, such as 0,1,2") from None
