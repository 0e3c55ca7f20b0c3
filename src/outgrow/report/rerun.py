"""The study as TOML files that can be run again: one with a sweep where it leads to the very same experiments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outgrow.config import expand, from_tables
from outgrow.errors import OutgrowError
from outgrow.figures.apart import flat
from outgrow.results.table import Group

Tables = dict[str, Any]
Leaf = tuple[str, ...]
BUDGET = ("n_ground_truth", "baselines")


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """What makes a study again.

    Args:
        name: of the experiment: the file's name without its ending, which the rows of the results carry.
        files: TOML texts; several where no sweep leads to the same experiments.
        problem: why they may not run as they are; empty if reading them gives the experiments of the results.
    """

    name: str
    files: tuple[str, ...]
    problem: str = ""


def rerun(groups: Sequence[Group]) -> Rerun:
    """The files of one experiment's results, read back and compared."""
    name = groups[0].experiment
    by_seeds: dict[tuple[int, ...], list[Tables]] = {}
    for g in groups:
        found = by_seeds.setdefault(tuple(g.asked_seeds), [])
        if g.settings not in found:
            found.append(g.settings)
    files, problem = [], ""
    for seeds, tables in by_seeds.items():
        try:
            wanted = {from_tables(one, name=name, seed=seeds[0]) for one in tables}
        except (OutgrowError, ValueError, TypeError, KeyError) as error:
            problem = problem or f"they cannot be read here: {error}"
            files += [_dump(one, {"seeds": list(seeds)}) for one in tables]
            continue
        files += _files(tables, list(seeds), name, wanted)
    return Rerun(name=name, files=tuple(files), problem=problem)


def _files(tables: Sequence[Tables], seeds: list[int], name: str, wanted: set[Any]) -> list[str]:
    ways = [_sweeps(_on_both_tests(tables))] if any("shift" in one for one in tables) else []
    for base, sweep in itertools.chain(*ways, _sweeps(tables)):
        document = {**base, "sweep": {**sweep, "seeds": seeds[:1]}}
        try:
            if set(expand(document, name=name)) == wanted:
                return [_dump(base, {**sweep, "seeds": seeds})]
        except OutgrowError:
            continue
    return [_dump(one, {"seeds": seeds}) for one in tables]


def _on_both_tests(tables: Sequence[Tables]) -> list[Tables]:
    """The tables with a shift, each standing for itself and for the one without."""
    shifted = [one for one in tables if "shift" in one]
    return [{**one, "shift": {**one["shift"], "in_distribution": True}} for one in shifted]


def _sweeps(tables: Sequence[Tables]) -> Iterator[tuple[Tables, Tables]]:
    """Ways to write what differs as a sweep: setting by setting, models as a whole, and all tables as a whole.

    A budget of ground truth is written for methods that use none too: they take none.
    """
    budget = next(({key: one[key] for key in BUDGET if key in one} for one in tables if "n_ground_truth" in one), {})
    tables = [{**budget, **one} for one in tables]
    if len(tables) == 1:
        yield tables[0], {}
        return
    for whole in (("method",), ("method", "weak", "strong"), tuple(tables[0])):
        for shared in (True, False):
            leaves = [_leaves(one, whole) for one in tables]
            trained = _trained_alike(leaves) if shared else {}
            for one in leaves:
                for common, (first, second) in trained.items():
                    one[common] = one[first]
                    del one[first], one[second]
            keys = list(dict.fromkeys(key for one in leaves for key in one))
            if any(len(one) != len(keys) for one in leaves):
                continue
            values: dict[Leaf, list[Any]] = {}
            for one in leaves:
                for key in keys:
                    found = values.setdefault(key, [])
                    if one[key] not in found:
                        found.append(one[key])
            base: Tables = {}
            for key, found in values.items():
                if len(found) == 1:
                    _put(base, key, found[0])
            yield base, {".".join(key): found for key, found in values.items() if len(found) > 1}


def _leaves(table: Tables, whole: Sequence[str]) -> dict[Leaf, Any]:
    """A table's settings by their keys; the tables named in `whole` as one setting each."""
    out: dict[Leaf, Any] = {}

    def walk(value: Tables, path: Leaf) -> None:
        for key, item in value.items():
            here = (*path, key)
            if isinstance(item, dict) and item and not (len(here) == 1 and key in whole):
                walk(item, here)
            else:
                out[here] = item

    walk(table, ())
    return out


def _trained_alike(leaves: Sequence[dict[Leaf, Any]]) -> dict[Leaf, tuple[Leaf, Leaf]]:
    """Settings of training that differ between results and are the same for both roles: one key sets both."""
    found = {}
    for key in leaves[0]:
        if key[:2] == ("weak", "train"):
            other, common = ("strong", *key[1:]), key[1:]
            same = all(key in one and other in one and one[key] == one[other] for one in leaves)
            if same and len({str(one[key]) for one in leaves}) > 1:
                found[common] = (key, other)
    return found


def _put(table: Tables, key: Leaf, value: Any) -> None:
    for part in key[:-1]:
        table = table.setdefault(part, {})
    table[key[-1]] = value


def _dump(base: Tables, sweep: Tables) -> str:
    import tomli_w

    return tomli_w.dumps({**base, "sweep": sweep})


def differing(groups: Sequence[Group]) -> dict[str, list[str]]:
    """Settings that differ between results, each with its values as JSON."""
    found: dict[str, list[str]] = {}
    for g in groups:
        for path, value in flat(g.settings).items():
            values = found.setdefault(".".join(path), [])
            if value not in values:
                values.append(value)
    return {key: values for key, values in found.items() if len(values) > 1}
