"""What the project ships beyond the contract of every component: experiments, balanced rows, ladders, clear errors."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from truths import truth_of

from outgrow.config import read_experiments, shipped_experiments
from outgrow.errors import ConfigError, DataError, NotFetched, PackMissing
from outgrow.models.base import models
from outgrow.plan import make_plan
from outgrow.tasks.base import Output, tasks
from outgrow.testing import check

EXPERIMENTS = shipped_experiments()
NEEDS_HUB = "needs the hub"
TASKS = [entry.name for entry in tasks]
DEEP = [
    entry.name
    for entry in models
    if "layers" in {field.name for field in dataclasses.fields(getattr(entry.value, "func", entry.value))}  # type: ignore[arg-type]
    and entry.name != "transformer"
]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_shipped_experiments_can_be_read(name: str) -> None:
    assert re.match(r'about = ".{20,}"\n', EXPERIMENTS[name])
    experiments = read_experiments(name)
    assert len(experiments) == len(set(experiments)) > 1
    assert {one.name for one in experiments} == {name}


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.usefixtures("nowhere")
def test_plans_can_be_made_before_anything_is_fetched(name: str) -> None:
    """But for experiments whose first line says that they need the hub: a plan is made of the commits it names."""
    if NEEDS_HUB in EXPERIMENTS[name].splitlines()[0]:
        with pytest.raises(DataError, match=r"hub cannot be reached|is not there"):
            make_plan(read_experiments(name), cached=set())
    else:
        assert make_plan(read_experiments(name), cached=set()).todo


def test_enough_is_shipped() -> None:
    assert len(EXPERIMENTS) >= 14
    assert sum(NEEDS_HUB not in text.splitlines()[0] for text in EXPERIMENTS.values()) >= 8
    assert len(DEEP) >= 23


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.usefixtures("no_hub")
def test_rows_are_balanced_and_come_in_many_groups(name: str) -> None:
    try:
        task = tasks[name]()
        examples = task.load()
    except (NotFetched, ConfigError) as error:
        pytest.skip(str(error))
    n, truth = len(examples.ids), truth_of(examples)
    assert n >= 200
    assert len(set(examples.groups)) > n / 50, "parts are drawn by group"
    if examples.inputs.dtype != object or task.kind == "generation":
        return
    assert np.bincount(truth).max() / n < 0.6, "rows are balanced, and which candidate comes first says nothing"
    if task.kind == "preference":
        assert all(one != other for one, other in examples.inputs)
    else:
        assert len(set(zip(examples.inputs, examples.groups, strict=True))) > 0.9 * n


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.usefixtures("nowhere", "known_commits")
def test_ladders_of_cut_models_are_depths(name: str) -> None:
    whole: Any = models[name]()
    ladder: list[Any] = models[name](layers=3).ladder()
    depths = [one.layers for one in ladder]
    assert depths == sorted(set(depths))
    assert depths[0] == 1
    assert 3 in depths
    assert [one.cost for one in ladder] == sorted({one.cost for one in ladder})
    assert ladder[-1].cost == whole.cost
    assert len({one.label for one in ladder}) == len(ladder)


@pytest.mark.parametrize("name", ["gpt2", "resnet-18", "smollm2-360m"])
@pytest.mark.usefixtures("nowhere")
def test_a_ladder_does_not_hand_on_a_commit(name: str) -> None:
    """A commit is one repository's own."""
    model: Any = models[name](revision="0" * 40)
    ladder: list[Any] = model.ladder()
    assert len(ladder) > 1
    assert all(one == model or one.revision == "main" for one in ladder)


@pytest.mark.parametrize("name", ["minilm-l6", "smollm2-135m", "transformer"])
@pytest.mark.usefixtures("no_hub")
def test_frozen_language_models_keep_the_contract_too(name: str, given: Callable[..., dict[str, Any]]) -> None:
    found = check(models[name](**given("models", name), training="probe", layers=2))
    if found.skipped:
        pytest.skip(str(found.skipped))


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "hub"])
def test_tables_need_to_be_told_where_they_are(name: str) -> None:
    columns: dict[str, Any] = {"text": "text", "label": "label"}
    with pytest.raises(ConfigError, match="repo" if name == "hub" else "path"):
        tasks[name](**columns)


@pytest.mark.parametrize("name", ["transformer", "vision"])
def test_models_of_ones_own_need_a_path(name: str) -> None:
    with pytest.raises(ConfigError, match="path"):
        models[name]()


@pytest.mark.usefixtures("nowhere")
def test_without_the_hub_the_error_says_what_is_wrong() -> None:
    pytest.importorskip("huggingface_hub")
    task, model, output = tasks["boolq"](), models["gpt2"](), Output(kind="classification", n_classes=2)
    said = r"^dataset \S+ is not in the cache, and the hub cannot be reached .*HF_HOME.*list packs"
    with pytest.raises(NotFetched, match=said):
        task.identity()
    with pytest.raises(NotFetched, match=said):
        task.load()
    said = r"^the model '\S+' is not in the local cache and the hub cannot be reached .*list packs"
    with pytest.raises(NotFetched, match=said):
        model.identity()
    with pytest.raises(NotFetched, match=said):
        model.build(output, seed=0)


@pytest.mark.parametrize("name", ["fever", "mnist", "rotten-tomatoes-pairs"])
@pytest.mark.usefixtures("nowhere")
def test_tasks_name_the_pack_they_lack(name: str) -> None:
    pack = {"fever": "bigbench", "mnist": "mnist-10k", "rotten-tomatoes-pairs": "rotten-tomatoes"}[name]
    with pytest.raises(PackMissing, match=rf"`outgrow packs get {pack}` fetches it"):
        tasks[name]().load()
