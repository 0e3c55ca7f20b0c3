"""What the trials with faults share: two small studies, what a store holds, processes that are copies of this one."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.append(str(Path(__file__).parents[1] / "plugins"))  # where the trials' server of S3 is, without pytest

from outgrow.config import expand
from outgrow.experiment import Experiment
from outgrow.results.records import read_records
from outgrow.runtime import Runtime
from outgrow.store import Store
from outgrow.sweep import run_experiments

FORK = multiprocessing.get_context("fork")
TOY: dict[str, Any] = {
    "task": {"name": "toy", "n": 400},
    "split": {"supervisor": 60, "transfer": 60, "validation": 30, "test": 100},
    "weak": {"model": "toy-xs"},
    "strong": {"model": "toy-l"},
    "train": {"epochs": 2, "learning_rate": 3e-2, "evaluations": 2},
}
DIGITS: dict[str, Any] = {
    "task": {"name": "digits"},
    "split": {"supervisor": 80, "transfer": 80, "validation": 40, "test": 200},
    "weak": {"model": "pixels", "resolution": 3, "train": {"learning_rate": 3e-2}},
    "strong": {"model": "random-patches", "train": {"epochs": 2}},
}


def studies() -> dict[str, list[Experiment]]:
    """Trainings of whole networks; and heads on features, which are trained together."""
    sweep = {"sweep": {"method.name": ["naive", "confidence"]}}
    return {
        "toy": expand(TOY | sweep, name="toy-study", seeds=[0]),
        "digits": expand(DIGITS | sweep, name="digits-study", seeds=[0, 1]),
    }


def run(experiments: Sequence[Experiment], store: Store, *, executor: str = "serial") -> Any:
    """One run, whose workers are copies of this process."""
    if executor == "processes":
        multiprocessing.get_context = lambda _=None: FORK  # type: ignore[assignment]
    return run_experiments(experiments, store, runtime=Runtime(executor=executor, workers=2))


def held(store: Store) -> dict[str, Any]:
    """What a store holds, bit by bit: each artefact's files by their hashes, and the rows but for times."""
    artefacts = {one.key: one.files for one in store.manifests()}
    rows = [dataclasses.asdict(dataclasses.replace(one, provenance={})) for one in read_records(store)]
    return {"artefacts": artefacts, "rows": rows}


def compared(store: Store, expected: dict[str, Any]) -> str:
    """In words, whether a store holds what it should.

    Heads that are trained together share matrix products, whose last bits depend on how many they are. A run that was
    cut off leaves some of them to the next, so that these may differ in the last bits, and what is made of them too.
    """
    found = held(store)
    if found == expected:
        return "equal"
    alike = found["artefacts"].keys() == expected["artefacts"].keys() and _close(found["rows"], expected["rows"])
    return "equal but for last bits" if alike else "DIFFERENT"


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-6
    return bool(one == other)


@contextlib.contextmanager
def references() -> Iterator[dict[str, tuple[list[Experiment], Path, dict[str, Any]]]]:
    """By study: its experiments, an undisturbed store of it, and what that holds."""
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for name, experiments in studies().items():
            store = Store(Path(folder) / name)
            run(experiments, store)
            found[name] = (experiments, store.root, held(store))
        yield found


def copied(root: Path, to: Path) -> Store:
    """A copy of a store, in the place of what is there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(root, to, symlinks=True)
    return Store(to)


def fork(what: Callable[[], None]) -> Any:
    """Starts a copy of this process, in a process group of its own, that does one thing."""

    def alone() -> None:
        os.setpgid(0, 0)
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - what it says while it dies is of no interest
        what()

    process = FORK.Process(target=alone)
    process.start()
    assert process.pid is not None
    with contextlib.suppress(OSError):  # whoever comes first
        os.setpgid(process.pid, process.pid)
    return process


def alive(group: int) -> bool:
    """Whether there is still a process of a group, those aside that only wait to be buried."""
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (one / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == group and fields[0] not in "ZX":
                    return True
    return False


def table(title: str, counts: dict[str, Counter[str]]) -> None:
    """Print counts: one row a kind, one column an outcome."""
    columns = list(dict.fromkeys(name for one in counts.values() for name in one))
    total: Counter[str] = sum(counts.values(), Counter())
    rows = [["", *columns, "all"]]
    for name, one in [*sorted(counts.items()), ("all", total)]:
        rows.append([name, *(str(one[column] or "-") for column in columns), str(one.total())])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print(title)
    for first, *others in rows:
        print("  ".join([first.ljust(widths[0]), *(one.rjust(n) for one, n in zip(others, widths[1:], strict=True))]))


def arguments(trials: int) -> argparse.Namespace:
    """`--trials` and `--seed` of a script."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=trials)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()
