"""Two processes that train together give what one gives, and write it once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from outgrow.results.records import read_records
from outgrow.store import Store


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(
    experiment: str, store: Path, *, processes: int, extra: tuple[str, ...] = ()
) -> list[subprocess.CompletedProcess[str]]:
    """The command line in so many processes at once, as `torchrun` starts them."""
    port = free_port()
    started = []
    for rank in range(processes):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if processes > 1:
            environment |= {
                "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes),
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
            }  # fmt: skip
        command = [sys.executable, "-m", "outgrow", "run", experiment, "--store", str(store), *extra]
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    ended = []
    for process in started:
        out, err = process.communicate(timeout=200)
        ended.append(subprocess.CompletedProcess(process.args, process.returncode, out, err))
    return ended


@pytest.mark.parametrize("extra", [(), ("--sharding", "full", "--checkpoint-minutes", "0.0001")])
def test_two_processes_give_what_one_gives(toml: Callable[..., str], tmp_path: Path, extra: tuple[str, ...]) -> None:
    experiment = toml(("learning_rate = 3e-2", "learning_rate = 3e-2\nbatch_size = 20"))
    (alone,) = run(experiment, tmp_path / "one", processes=1)
    assert alone.returncode == 0, alone.stderr
    both = run(experiment, tmp_path / "two", processes=2, extra=extra)
    assert [process.returncode for process in both] == [0, 0], both[0].stderr + both[1].stderr
    assert "toy-xs" in both[0].stdout
    assert both[1].stdout == "", "only the first process speaks"
    one, two = Store(tmp_path / "one"), Store(tmp_path / "two")
    assert one.keys() == two.keys(), "how many processes compute is part of no key"
    assert not two.verify()
    assert not list(two.root.glob("unfinished/*"))
    records = read_records(two)
    assert len(records) == 2
    for record in records:
        mine, theirs = (pq.read_table(store.open(record.row.key) / "test.parquet") for store in (one, two))
        for role in ("weak", "student", "ceiling"):
            same = np.array(mine[f"{role}_predicted"]) == np.array(theirs[f"{role}_predicted"])
            assert same.mean() > 0.98, "sums in another order may turn a close call"
        curves = [json.loads((store.open(record.row.key) / "facts.json").read_text())["curves"] for store in (one, two)]
        assert abs(curves[0]["student"][-1]["accuracy"] - curves[1]["student"][-1]["accuracy"]) < 0.05


def test_workers_and_processes_that_train_together_exclude_each_other(toml: Callable[..., str], tmp_path: Path) -> None:
    ended = run(toml(), tmp_path / "store", processes=2, extra=("--executor", "processes"))
    assert {process.returncode for process in ended} == {2}
    assert "--executor serial" in ended[0].stderr
