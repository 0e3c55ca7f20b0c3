"""Methods that ask which weak labels are right, on networks that are fine-tuned and on pairs, offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models

SMALL = {
    "split.supervisor": 24, "split.transfer": 40, "split.validation": 12, "split.test": 30, "split.pool": 0,
    "train.epochs": 2, "train.batch_size": 8, "train.evaluations": 1,
}  # fmt: skip
METHODS: list[Any] = [
    "relabel", {"name": "relabel", "by": "knn"}, "graph_smoothing", "confident_learning", "overlap_density", "topo",
    ["overlap_density", {"name": "refill", "keep": 1.0}], "small_loss", {"name": "curriculum", "first": 1},
    ["confident_learning", "generative_finetuning"],
]  # fmt: skip
Outgrow = Callable[..., tuple[int, str, str]]


def run(cli: Outgrow, name: str, methods: list[Any], store: Path) -> tuple[int, str, str]:
    settings = [f"--set={key}={value}" for key, value in SMALL.items()]
    return cli("run", name, "--seeds", "0", *settings, f"--set=sweep.method={toml(methods)}", "--store", str(store))


def toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def test_reward_models_that_are_fine_tuned_look_at_frozen_features_of_their_pairs(
    cli: Outgrow, offline_hub: Any, hub_cache: Callable[..., str], tmp_path: Path
) -> None:
    made = tiny_models.dataset("anthropic-hh", 160)
    hub_cache(made["repo"], made["config"], made["splits"])
    status, out, err = run(cli, "hh-reward", METHODS, tmp_path / "store")
    assert status == 0, err + out
    status, out, _ = cli("results", "--format", "json", "--store", str(tmp_path / "store"))
    found = {row["method"]: row for row in json.loads(out)}
    assert len(found) == len(METHODS)
    for row in found.values():
        assert row["verdict"] != "failed", row["failure"]
        assert row["student_score"] is not None
    status, out, _ = cli("store", "ls", "--store", str(tmp_path / "store"))
    assert out.count("  features  ") == 2  # of the pretrained network and of the adapted one; none of the supervisor's


def test_generated_texts_are_refused_before_anything_is_computed(
    cli: Outgrow, offline_hub: Any, tmp_path: Path
) -> None:
    for method in ("relabel", "overlap_density", "small_loss", "refill"):
        status, out, err = run(cli, "chess-lm", [method], tmp_path / "store")
        assert status == 2
        assert "is for classification and preference tasks" in err + out
        assert not list((tmp_path / "store").glob("artefacts/*/*"))


@pytest.mark.parametrize("method", ["relabel", "topo"])
def test_a_student_without_frozen_features_is_refused(method: str, cli: Outgrow, tmp_path: Path) -> None:
    status, out, err = run(cli, "toy", [method], tmp_path / "store")
    assert status == 2
    assert f"'{method}' looks at frozen features of the rows, and 'toy-" in err + out
    assert not list((tmp_path / "store").glob("artefacts/*/*"))


@pytest.mark.parametrize(("rule", "what"), [("relabel", "frozen features"), ("calibrate", "rows of known truth")])
def test_what_makes_one_answer_of_several_cannot_look_at_what_a_student_has(
    rule: str, what: str, cli: Outgrow, tmp_path: Path
) -> None:
    inner = f'{{model = "ensemble", members = ["toy-xs", "toy-s"], rule = "{rule}"}}'
    for weak in (inner, f'{{model = "ensemble", members = ["toy-xs", {inner}]}}'):
        status, out, err = cli("run", "toy", f"--set=weak={weak}", "--store", str(tmp_path / "store"))
        assert status == 2
        assert f"a rule cannot look at {what}" in err + out
        assert f"as '{rule}' does; make it the method" in err + out
