"""Runs and collections of garbage are killed at random moments; the next run ends with the same bits.

    python tests/faults/kills.py --trials 300 --seed 0

A kill comes after a random time, or just before a random operation on files: the n-th open, rename, removal and so on.
It takes the whole run, or, with workers, the parent alone. After one to three kills in a row the run is repeated in
peace: then the store must hold what an undisturbed one holds, bit by bit, and be found whole.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import alive, arguments, compared, copied, fork, references, run, table

from outgrow.results.records import read_records
from outgrow.store import Store
from outgrow.store.garbage import collect_garbage

OPERATIONS = {
    "open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.scandir", "os.listdir", "sqlite3.connect",
}  # fmt: skip


def die_at(number: int, root: Path, note: Path) -> None:
    """Kill this process group just before its n-th operation on files of the store."""
    left = [number]

    def hook(event: str, told: Any) -> None:
        if event in OPERATIONS and told and str(root) in str(told[0]):
            left[0] -= 1
            if left[0] == 0:
                os.write(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), event.encode())
                os.killpg(os.getpgid(0), signal.SIGKILL)

    sys.addaudithook(hook)


def collect(store: Store) -> None:
    """Collect what no row needs, as the command line does."""
    needed = {key for one in read_records(store) for key in one.steps}
    collect_garbage(store, needed, dry_run=False)


def main(trials: int, seed: int) -> dict[str, Counter[str]]:
    rng, counts = random.Random(seed), dict[str, Counter[str]]()
    with references() as known, tempfile.TemporaryDirectory() as folder:
        place, note = Path(folder) / "store", Path(folder) / "note"
        kills = 0
        while kills < trials:
            study = rng.choice([*known])
            experiments, whole, expected = known[study]
            store, kinds = Store(place), []
            for _ in range(rng.randint(1, 3)):
                what = rng.choice(["serial", "serial", "processes", "gc"])
                if what == "gc":  # of a store that holds another study too, whose rows are gone
                    other = next(name for name in known if name != study)
                    copied(whole, place)
                    for one in (known[other][1] / "artefacts").rglob("manifest.json"):
                        target = place / one.parent.relative_to(known[other][1])
                        copied(one.parent, target)
                note.unlink(missing_ok=True)
                by_time = rng.random() < 0.5
                after = rng.uniform(0, 0.1 if what == "gc" else 2.5)
                number = int(2 ** rng.uniform(0, 10 if what != "gc" else 7))

                def act(
                    what: str = what, by_time: bool = by_time, number: int = number, experiments: Any = experiments
                ) -> None:
                    if not by_time:
                        die_at(number, place, note)
                    if what == "gc":
                        collect(Store(place))
                    else:
                        run(experiments, Store(place), executor=what)

                process = fork(act)
                if by_time:
                    process.join(after)
                    if process.exitcode is None:
                        alone = what == "processes" and rng.random() < 0.5
                        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
                process.join(120)
                if process.exitcode == -signal.SIGKILL:
                    kills += 1
                    kinds.append(f"{what}, {'at a moment' if by_time else 'before ' + note.read_text()}")
                until = time.monotonic() + 10
                while alive(process.pid):  # workers end with their parent
                    time.sleep(0.005)
                    if time.monotonic() > until:
                        counts.setdefault("workers left behind", Counter())["ORPHANS"] += 1
                        os.killpg(process.pid, signal.SIGKILL)
            try:
                again = run(experiments, store)
                collect(store)  # what a killed collection left
                end = compared(store, expected) if not again.failures else "FAILED"
                end = end if store.verify() == [] else "DAMAGED"
            except Exception as error:
                end = f"ERROR {type(error).__name__}: {error}"[:100]
            for kind in kinds:
                counts.setdefault(kind, Counter())[end] += 1
            shutil.rmtree(place)
    return counts


if __name__ == "__main__":
    asked = arguments(300)
    table("kills, and what the next run ends with", main(asked.trials, asked.seed))
