"""An experiment as a file: reading it gives the same experiment, whatever it is made of."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow.config import read, read_experiments, shipped_experiments, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment

Toy = Callable[..., list[Experiment]]


@pytest.mark.parametrize("name", shipped_experiments())
def test_shipped_experiments_survive_being_written(name: str) -> None:
    found = read_experiments(name)
    assert found
    for one in found:
        assert read(to_toml(one), name=one.name) == one


def test_every_default_is_written_out(toy: Toy) -> None:
    (one,) = toy("method.name=confidence", seeds=[3])
    tables = tomllib.loads(to_toml(one))
    assert tables["sweep"] == {"seeds": [3]}
    assert tables["method"]["name"] == "confidence"
    assert tables["split"]["pool"] == 0
    assert tables["task"] == {"name": "toy", "n": 400, "classes": 2, "noise": 0.05, "seed": 0}
    assert tables["weak"]["train"]["epochs"] == tables["strong"]["train"]["epochs"] == 2


def test_a_written_experiment_can_be_run_from_a_file(toy: Toy, tmp_path: Path) -> None:
    (one,) = toy("method.name=bootstrapping", 'method.sizes=["toy-s"]', seeds=[1])
    path = tmp_path / f"{one.name}.toml"
    path.write_text(to_toml(one))
    assert read_experiments(str(path)) == [one]


def test_a_text_of_several_experiments_is_refused(toy: Toy) -> None:
    (one,) = toy("method.name=naive")
    text = to_toml(one).replace("seeds = [\n    0,\n]", "seeds = [0, 1]")
    with pytest.raises(ConfigError, match="two describes 2 experiments, and one is wanted"):
        read(text, name="two")
