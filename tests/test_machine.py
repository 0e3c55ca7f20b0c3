"""What computes: the device asked for, number formats, memory, and several processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from losses import PLAIN, Given, cross_entropy
from torch import Tensor, nn

from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.learning import machine as machines
from outgrow.learning.batching import Arrays
from outgrow.learning.losses import Batch
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network, Plain
from outgrow.learning.objective import Probabilities
from outgrow.learning.predict import predict
from outgrow.learning.team import team
from outgrow.learning.train import fit
from outgrow.models.toy import ToyModel
from outgrow.runtime import Runtime
from outgrow.specs import TrainSpec
from outgrow.steps import Context
from outgrow.store import Store
from outgrow.sweep import run_experiments

CPU = torch.device("cpu")


class Line(Network):
    """A linear network that tells in which format it was multiplied."""

    def __init__(self, *, mixed_precision: bool = True) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision  # type: ignore[misc]
        self.head = nn.Linear(16, 2)
        nn.init.ones_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.formats: set[torch.dtype] = set()

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(x)
        self.formats.add(logits.dtype)
        return logits


def data(n: int = 256) -> tuple[Arrays, Probabilities]:
    inputs = np.random.default_rng(0).standard_normal((n, 16)).astype(np.float32)
    return Arrays(inputs), Probabilities(torch.eye(2)[(inputs[:, 0] > 0).astype(int)])


def trained(machine: Machine, spec: TrainSpec, **options: Any) -> Line:
    network = Line(**options)
    rows, targets = data()
    fit(network, rows, targets, spec, loss=PLAIN, seed=0, machine=machine)
    return network


def test_master_weights_are_float32_whatever_is_multiplied() -> None:
    spec = TrainSpec(epochs=1, batch_size=32, learning_rate=1e-4)
    network, exact = (trained(Machine(device=CPU, precision=name), spec) for name in ("bfloat16", "float32"))
    assert (network.formats, exact.formats) == ({torch.bfloat16}, {torch.float32})
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    torch.testing.assert_close(network.head.weight, exact.head.weight, atol=3e-4, rtol=0)
    assert not torch.equal(network.head.weight, exact.head.weight)


def test_gradients_and_the_loss_are_float32() -> None:
    seen = set()

    def loss(batch: Batch) -> Tensor:
        seen.add(("logits", batch.logits.dtype))
        return cross_entropy(batch)

    network = Line()
    network.head.weight.register_hook(lambda gradient: seen.add(("gradient", gradient.dtype)))
    rows, targets = data()
    spec = TrainSpec(epochs=1, batch_size=256)
    for tokens in (256, 64):
        fit(network, rows, targets, spec, loss=Given(loss), seed=0,
            machine=Machine(device=CPU, precision="bfloat16", tokens=tokens))  # fmt: skip
    assert seen == {("logits", torch.float32), ("gradient", torch.float32)}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("mixed_precision", [True, False])
def test_only_networks_that_say_so_leave_float32(precision: Any, mixed_precision: bool) -> None:
    machine = Machine(device=CPU, precision=precision)
    low = precision == "bfloat16" and mixed_precision
    network = trained(machine, TrainSpec(epochs=1), mixed_precision=mixed_precision)
    found = predict(network, data()[0], machine=machine)
    assert found.dtype == np.float32
    assert network.formats == {torch.bfloat16 if low else torch.float32}
    assert machine.number_format(network) is (torch.bfloat16 if low else torch.float32)
    assert machine.number_format(Plain(nn.Identity())) is torch.float32
    assert {value.dtype for value in network.parameters()} == {torch.float32}


@pytest.fixture
def asked_anew() -> Iterator[None]:
    machines.multiplies_bfloat16.cache_clear()
    yield
    machines.multiplies_bfloat16.cache_clear()


@pytest.mark.usefixtures("asked_anew")
@pytest.mark.parametrize(("avx512", "amx", "low"), [(False, False, False), (True, False, True), (False, True, True)])
def test_auto_goes_by_what_the_processor_says_of_itself(
    monkeypatch: pytest.MonkeyPatch, avx512: bool, amx: bool, low: bool
) -> None:
    def timing() -> float:
        raise AssertionError("a busy machine must not decide")

    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(machines, "bfloat16_gain", timing)
    monkeypatch.setattr("time.perf_counter", timing)
    assert (Machine(device=CPU).number_format(Line()) is torch.bfloat16) == low
    assert Machine(device=CPU, precision="float32").number_format(Line()) is torch.float32
    assert Machine(device=CPU, precision="bfloat16").number_format(Line()) is torch.bfloat16
    assert not machines.multiplies_bfloat16("mps")


@pytest.mark.usefixtures("asked_anew")
def test_a_graphics_card_that_only_emulates_bfloat16_multiplies_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert not machines.multiplies_bfloat16("cuda")


@pytest.mark.skipif(not Path("/proc/cpuinfo").is_file(), reason="only Linux lists a processor's flags there")
@pytest.mark.usefixtures("asked_anew")
def test_the_processors_flags_say_the_same() -> None:
    flags = {word for line in Path("/proc/cpuinfo").read_text().splitlines() for word in line.split()}
    assert machines.multiplies_bfloat16("cpu") == bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def test_the_gain_is_measured_once_and_in_one_thread() -> None:
    machines.bfloat16_gain.cache_clear()
    machines.product_speed.cache_clear()
    threads = torch.get_num_threads()
    gain = machines.bfloat16_gain()
    assert 0 < gain < 1000
    assert machines.bfloat16_gain() == gain
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_networks_were_multiplied_in_is_kept_with_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch, store: Store, toy: Callable[..., list[Experiment]], precision: Any
) -> None:
    plain = ToyModel.build

    def build(*arguments: Any, **options: Any) -> Any:
        network: Any = plain(*arguments, **options)
        network.mixed_precision = True
        return network

    monkeypatch.setattr(ToyModel, "build", build)
    swept = run_experiments(toy("method.name=naive"), store, runtime=Runtime(device="cpu", precision=precision))
    assert not swept.failures
    found = {manifest.step: manifest.versions.get("precision") for manifest in store.manifests()}
    multiplied = {"finetune": precision, "label": precision, "score": precision}
    assert found == dict.fromkeys(found, None) | multiplied
    assert {record.provenance["precision"] for record in swept.records} == {precision}


def test_networks_without_a_choice_leave_no_word_of_it(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    swept = run_experiments(toy("method.name=naive"), store)
    assert all("precision" not in manifest.versions for manifest in store.manifests())
    assert all("precision" not in record.provenance for record in swept.records)


def test_tokens_of_a_micro_batch_suit_the_device_unless_given() -> None:
    assert Machine(device=CPU).training_tokens == machines.TRAINING_TOKENS["cpu"]
    assert Machine(device=torch.device("cuda")).training_tokens > Machine(device=CPU).training_tokens
    assert Machine(device=torch.device("meta")).training_tokens > 0
    assert Machine(device=CPU, tokens=7).training_tokens == 7


def test_the_runtime_decides(tmp_path: Path) -> None:
    store = Store(tmp_path)
    runtime = Runtime(device="cpu", precision="bfloat16", micro_batch_tokens=99, checkpointing=True)
    expected = Machine(device=CPU, precision="bfloat16", tokens=99, checkpointing=True)
    assert Context(store, runtime).machine == expected
    found = Context(store).machine.device.type
    assert found == ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    missing: Any
    for missing in {"cuda", "mps"} - {found}:
        with pytest.raises(ConfigError, match=rf"this machine has no device '{missing}'; it has .*cpu"):
            Context(store, Runtime(device=missing)).machine  # noqa: B018


def test_activations_are_recomputed_where_asked_and_possible() -> None:
    class Deep(Line):
        def checkpoint_activations(self) -> None:
            self.asked = True

    rows, targets = data()
    for checkpointing in (False, True):
        network = Deep()
        machine = Machine(device=CPU, checkpointing=checkpointing)
        fit(network, rows, targets, TrainSpec(epochs=1), loss=PLAIN, seed=0, machine=machine)
        assert hasattr(network, "asked") == checkpointing
        trained(machine, TrainSpec(epochs=1))  # one that cannot is trained as it is


# Several processes


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("alone")
def test_one_process_is_alone() -> None:
    tensor = torch.ones(2)
    alone = team()
    alone.sum([tensor])
    alone.wait()
    assert (alone.size, alone.rank, alone.gather("x"), tensor.tolist()) == (1, 0, ["x"], [1, 1])
    assert "accelerate" not in subprocess.run(
        [sys.executable, "-c", "import sys, outgrow.learning.team as m; m.team().gather(1); print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip


TOGETHER = """
import sys
import numpy as np, torch
from torch import nn
from outgrow.learning.network import Plain
from outgrow.learning.objective import Probabilities, WeakLabels
from outgrow.learning.batching import Arrays
from outgrow.specs import TrainSpec
from outgrow.learning.team import team
from outgrow.learning.losses import Batch
from outgrow.learning.machine import Machine
from outgrow.learning.network import Network, Plain
from outgrow.learning.objective import Probabilities
from outgrow.methods.{module} import {method}
from outgrow.learning.predict import predict
from outgrow.learning.train import fit

rng = np.random.default_rng(0)
inputs = rng.standard_normal((70, 16)).astype(np.float32)
weak = rng.dirichlet(np.ones(2), (1, 70)).astype(np.float32)
ids = [str(i) for i in range(70)]
torch.manual_seed(0)
network = Plain(nn.Linear(16, 2))
objective, machine = {method}().objective(), Machine(device=torch.device("cpu"), tokens=4)
lesson = objective.lesson(WeakLabels(probabilities=weak, ids=ids, groups=ids), seed=0)
fit(network, Arrays(inputs), Probabilities(torch.from_numpy(lesson.targets)), TrainSpec(epochs=2, learning_rate=1e-2),
    loss=objective.loss, seed=0, machine=machine)
team = machine.team
tensor = torch.tensor([1.0 + team.rank])
team.sum([tensor])
said = predict(network, Arrays(inputs), machine=machine)
assert team.gather(team.rank) == list(range(team.size))
every = team.gather((network.module.weight.detach().numpy().tobytes(), said.tobytes()))
assert len(set(every)) == 1, "all processes have the same weights and answers"
team.wait()
if team.rank == 0:
    np.savez(sys.argv[1], weight=network.module.weight.detach().numpy(), said=said, sum=tensor.numpy())
"""


@pytest.mark.parametrize(("module", "method"), [("naive", "Naive"), ("confidence", "Confidence")])
def test_processes_that_train_together_come_to_what_one_comes_to(tmp_path: Path, module: str, method: str) -> None:
    script = tmp_path / "together.py"
    script.write_text(TOGETHER.replace("{module}", module).replace("{method}", method))
    environment = {name: value for name, value in os.environ.items() if name not in {"WORLD_SIZE", "RANK"}}
    environment |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    found = []
    for n in (1, 2):
        out = tmp_path / f"{n}.npz"
        launch = [] if n == 1 else ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}"]
        done = subprocess.run([sys.executable, *launch, str(script), str(out)], env=environment, capture_output=True,
                              text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(np.load(out))
    one, two = found
    assert (one["sum"].item(), two["sum"].item()) == (1.0, 3.0)
    np.testing.assert_allclose(two["weight"], one["weight"], atol=1e-5)
    np.testing.assert_allclose(two["said"], one["said"], atol=1e-5)


@pytest.mark.parametrize(("given", "holds"), [(None, "64"), ("7", "7")])
def test_the_caches_of_compiled_products_are_bounded_unless_the_user_says_otherwise(
    given: str | None, holds: str
) -> None:
    names = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= dict.fromkeys(names, given) if given else {}
    script = f"import os, outgrow.learning.machine; print([os.environ[name] for name in {names}])"
    said = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str([holds] * 2)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc keeps and gives back")
def test_freed_memory_is_kept_until_it_is_given_back() -> None:
    script = """
import re, torch
from pathlib import Path
from outgrow.learning.machine import give_back_freed_memory, keep_freed_memory

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

keep_freed_memory()
tensors = [torch.ones(2**21) for _ in range(64)]  # 8 MiB each
held = resident()
tensors.clear()
kept = resident()
give_back_freed_memory()
print(held - kept, kept - resident())
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    dropped, returned = map(int, said.stdout.split())
    assert dropped < 64
    assert returned > 400
