"""Memory is what the machine has, and what every container and job that this process is in leaves of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from outgrow import limits
from outgrow.executors import machine
from outgrow.learning.available import available


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system that tells nothing."""
    monkeypatch.setattr(limits, "PROC", tmp_path / "proc")
    monkeypatch.setattr(limits, "GROUPS", tmp_path / "groups")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    return tmp_path


def group(folder: Path, *, limit: str, held: str, names: tuple[str, str] = ("memory.max", "anon")) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / "memory.stat").write_text(f"file 5\n{names[1]} {held}\n")


def test_this_machine_tells() -> None:
    assert 1 << 20 < (limits.free() or 0) <= (limits.total() or 0)
    assert available(torch.device("cpu")) is not None
    assert 0 < machine.memory() < (limits.total() or 0)


def test_memory_is_what_the_system_and_the_container_leave(system: Path) -> None:
    whole = limits.total()
    assert limits.free() is None
    (system / "proc" / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable: 4000 kB\n")
    assert limits.free() == 4_000 << 10
    (system / "proc" / "self" / "cgroup").write_text("0::/\n")
    group(system / "groups", limit="max", held="1000")
    assert (limits.total(), limits.free()) == (whole, 4_000 << 10)
    group(system / "groups", limit="3000", held="1000")
    assert (limits.total(), limits.free()) == (3_000, 2_000)
    assert machine.memory() == 2_700
    group(system / "groups", limit="3000", held="4000")
    assert limits.free() == 0


@pytest.mark.parametrize("path", ["/slurm/job_7/step_0", "/docker/seen/from/outside", "/../.."])
def test_every_group_counts_from_a_job_up_to_the_root(system: Path, path: str) -> None:
    (system / "proc" / "self" / "cgroup").write_text(f"0::{path}\n")
    group(system / "groups" / "slurm" / "job_7", limit="2000", held="500")
    group(system / "groups" / "slurm", limit="9000", held="8000")
    group(system / "groups", limit="8000", held="800")
    inside = path.startswith("/slurm")
    assert (limits.total(), limits.free()) == ((2_000, 1_000) if inside else (8_000, 7_200))


def test_the_first_version_of_control_groups_is_read_too(system: Path) -> None:
    (system / "proc" / "self" / "cgroup").write_text("9:cpu,cpuacct:/a\n4:memory:/a\n")
    group(system / "groups" / "memory" / "a", limit="3000", held="10", names=("memory.limit_in_bytes", "total_rss"))
    assert (limits.total(), limits.free()) == (3_000, 2_990)
