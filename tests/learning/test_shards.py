"""Two processes that each hold the whole network, or a half of it, come to what one comes to."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from outgrow.errors import ConfigError
from outgrow.learning.footprint import Setting, to_train
from outgrow.learning.outline import Handover, drawn, is_outline, outline
from outgrow.learning.shards import Shards, blocks, team_of
from outgrow.learning.team import Team
from outgrow.models.bases.language import LanguageModel
from outgrow.runtime import Runtime

HERE = Path(__file__).parent
SAME = ["shards, whole", "shards, a loss that looks at the batch", "shards, pairs with an anchor",
        "shards, anchor and batch", "shards, low rank, recomputed", "shards, generated", "shards, features",
        "replicas, a loss that looks at the batch"]  # fmt: skip


def shared() -> Any:
    found = importlib.util.spec_from_file_location("sharded", HERE / "sharded.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


CASES: dict[str, Callable[[Path, Team], dict[str, Tensor]]] = shared().CASES


@pytest.fixture(scope="module")
def model(tiny: Callable[..., Path]) -> Path:
    return tiny("gpt2", dropout=0.1)


@pytest.fixture(scope="module")
def together(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Tensor]]:
    """What two processes come to: `replicas, CASE` and `shards, CASE`."""
    out = tmp_path_factory.mktemp("together")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    started = []
    for rank in ("0", "1"):
        environment = {
            **os.environ, "OMP_NUM_THREADS": "1", "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }  # fmt: skip
        command = [sys.executable, str(HERE / "sharded.py"), str(model), str(out)]
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
    said = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], "\n".join(said)
    found = {path.stem: load_file(path) for path in out.iterdir()}
    assert len(found) == len(CASES) + 3
    return found


@pytest.mark.parametrize("name", SAME)
def test_two_processes_come_to_what_one_comes_to(
    model: Path, together: dict[str, dict[str, Tensor]], name: str
) -> None:
    alone, both = CASES[name.partition(", ")[2]](model, Team()), together[name]
    assert alone.keys() == both.keys()
    assert len(alone) >= 1
    for key, value in alone.items():
        if not key.startswith("state/"):  # where a gradient is zero but for rounding, an update goes either way
            most = float(value.float().abs().max())
            assert float((both[key] - value).float().abs().max()) <= 2e-4 * most + 1e-7, key


def test_in_bfloat16_two_processes_come_close(model: Path, together: dict[str, dict[str, Tensor]]) -> None:
    alone, both = CASES["bfloat16"](model, Team()), together["shards, bfloat16"]
    exact = CASES["whole"](model, Team())
    apart, rounding = (both["said"] - alone["said"]).abs().mean(), (exact["said"] - alone["said"]).abs().mean()
    assert 0 < rounding < 0.1
    assert apart < rounding


def test_what_two_processes_learn_is_no_accident(model: Path, together: dict[str, dict[str, Tensor]]) -> None:
    """Without training, or without one of the processes, the weights would be others."""
    alone = CASES["whole"](model, Team())
    for other in ("shards, a loss that looks at the batch", "shards, bfloat16"):
        momenta = [name for name in alone if name.startswith("momentum/")]
        assert len(momenta) >= 10
        assert any(not torch.allclose(together[other][name], alone[name], rtol=1e-2) for name in momenta)


@pytest.mark.parametrize("kind", ["replicas", "shards"])
def test_what_processes_train_together_goes_on_to_the_same_bits(
    together: dict[str, dict[str, Tensor]], kind: str
) -> None:
    whole, parts = together[f"{kind}, with dropout"], together[f"{kind}, with dropout, gone on"]
    assert whole.keys() == parts.keys()
    for name, value in whole.items():
        assert torch.equal(value, parts[name]), name


def test_each_process_holds_its_part(model: Path, together: dict[str, dict[str, Tensor]]) -> None:
    extent = LanguageModel(name="tiny", path=str(model), max_length=64).extent(shared().TWO)
    told = to_train(extent, Setting(tokens=1, length=1, parts=2, blockwise=True)).weights
    whole, part = int(CASES["held"](model, Team())["held"]), int(together["shards, held"]["held"])
    assert 0.45 * whole < part < 0.55 * whole
    assert told == pytest.approx(part, rel=0.01)


@pytest.mark.parametrize("name", ["whole", "low rank, recomputed", "bfloat16"])
def test_what_the_first_process_hands_out_is_what_each_would_have_built(
    together: dict[str, dict[str, Tensor]], name: str
) -> None:
    handed, built = together[f"shards, {name}"], together[f"shards, {name.partition(',')[0]}, each"]
    assert handed.keys() == built.keys()
    assert len(handed) >= 10
    for key, value in built.items():
        assert torch.equal(handed[key], value), key


def test_what_goes_wrong_with_the_first_process_is_raised_by_all(together: dict[str, dict[str, Tensor]]) -> None:
    said = bytes(together["shards, told"]["said"].tolist()).decode().split("\n")
    assert said[:2] == ["DataError: it is damaged", "ValueError: a mistake"]
    assert said[2:] == ["DataError: it is damaged", "StepFailed: ValueError: a mistake"]


@pytest.mark.parametrize(("family", "training"), [("gpt2", "full"), ("llama", "lora"), ("pythia", "full")])
def test_an_outline_has_all_but_the_weights(tiny: Callable[..., Path], family: str, training: Any) -> None:
    language = LanguageModel(name="tiny", path=str(tiny(family)), max_length=64, training=training, lora_rank=4)
    made = language.language_model()
    rotary = next((one for one in made.modules() if hasattr(one, "inv_freq")), made)
    rotary.__dict__["other_name"] = getattr(rotary, "inv_freq", None)
    sent = outline(made)
    assert sent is not None
    found = drawn(sent)
    assert is_outline(found)
    assert not is_outline(made)
    weights = sum(one.numel() * one.element_size() for one in made.parameters())
    assert len(sent) < weights, "nothing of the weights goes with it"
    assert {name: (one.shape, one.dtype) for name, one in found.state_dict().items()} == {
        name: (one.shape, one.dtype) for name, one in made.state_dict().items()
    }
    Handover(found, lambda value: torch.zeros_like(value, device="cpu")).of(found)
    assert not is_outline(found)
    attributes = [one for module in found.modules() for one in vars(module).values() if isinstance(one, Tensor)]
    assert not any(one.is_meta for one in attributes)
    assert len(attributes) == (family != "gpt2")
    trained, wanted = ([name for name, one in net.named_parameters() if one.requires_grad] for net in (found, made))
    assert trained == wanted, "names that share a weight share it still"
    texts = shared().inputs(shared().TWO)
    assert [*found.encode(texts).lengths] == [*made.encode(texts).lengths]


def test_blocks_are_the_layers_of_a_stack() -> None:
    layers = [nn.Sequential(nn.Linear(2, 2), nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])) for _ in range(3)]
    network = nn.ModuleDict({"embed": nn.Embedding(3, 2), "body": nn.Module(), "head": nn.Linear(2, 2)})
    network["body"].layers = nn.ModuleList(layers)
    network["body"].silent = nn.ModuleList([nn.ReLU(), nn.Linear(2, 2)])
    assert blocks(network) == [*layers, network["body"].silent[1]]
    assert blocks(nn.Linear(2, 2)) == []


def test_the_setting_chooses_the_team(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(team_of(Runtime())) is Team
    assert isinstance(team_of(Runtime(sharding="full", offload=True)), Shards)
    with pytest.raises(ConfigError, match="offload = true is for sharding = 'full' alone"):
        Runtime(offload=True)
    with pytest.raises(ConfigError, match="sharding = 'half': choose one of replicas, full"):
        Runtime(sharding="half")  # type: ignore[arg-type]
    from torch.distributed.fsdp import FSDPModule

    monkeypatch.delattr(FSDPModule, "set_force_sum_reduction_for_comms")
    with pytest.raises(ConfigError, match="needs a newer torch"):
        team_of(Runtime(sharding="full"))
