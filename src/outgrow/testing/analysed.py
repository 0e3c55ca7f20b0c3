"""Analyses."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from functools import cache

from outgrow.analyses.base import Analysis, Panel, analyses, studies
from outgrow.config import expand
from outgrow.results.pooling import pool
from outgrow.results.table import Group
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.testing.broken import demand
from outgrow.testing.carried_out import TOY

SWEEP = {**TOY, "sweep": {"strong.model": ["toy-m", "toy-l"], "seeds": [0, 1]}}


def check_analysis(one: Analysis) -> None:
    """It gives a panel or nothing for a pair, for several sizes, for a failed result, with and without answers."""
    name = next((entry.name for entry in analyses if entry.value is one), getattr(one, "__name__", "analysis"))
    folder, groups = _results()
    store = Store(folder.name)
    whole = [group for group in groups if group.verdict != "failed"]
    for some in (whole[:1], whole, groups, [group for group in groups if group not in whole]):
        for there in (store, None):
            _check_panel(one, name, some, there)


@cache
def _results() -> tuple[tempfile.TemporaryDirectory[str], list[Group]]:
    """A small study, run once for all analyses; its folder goes when the process ends."""
    folder = tempfile.TemporaryDirectory()
    store = Store(folder.name)
    sound, broken = expand(SWEEP, name="toy"), expand(TOY, name="toy", settings=["train.learning_rate=3e37"])
    return folder, pool(store, run_experiments([*sound, *broken], store).records)


def _check_panel(one: Analysis, name: str, groups: Sequence[Group], store: Store | None) -> None:
    (study,) = studies(groups, store)
    found = one(study)
    if found is None:
        return
    demand(isinstance(found, Panel), f"{name}: it must return a Panel or None, not {type(found).__name__}")
    demand(found.title.strip() and found.words.strip(), f"{name}: a panel needs a title and words")
    demand(found.words.endswith("."), f"{name}: words are whole sentences")
    uneven = [row for row in found.rows if len(row) != len(found.columns)]
    demand(not uneven, f"{name}: a row has as many cells as there are columns, {len(found.columns)}")
    try:
        json.dumps(found.to_dict(), allow_nan=False)
    except (TypeError, ValueError) as error:
        demand(False, f"{name}: cells are texts, finite numbers or None ({error})")
