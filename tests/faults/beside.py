"""Four runs on one store at once, with verify, ls, gc, rebuild and results beside them all the time.

    python tests/faults/beside.py --trials 10 --seed 0

Every run must end well, with the rows of an undisturbed one; each step must be computed once in all; and whoever looks
on may meet nothing but a refusal of gc.
"""

from __future__ import annotations

import functools
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from common import FORK, arguments, compared, fork, references, run, table

from outgrow.errors import OutgrowError
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.store import Store
from outgrow.store.garbage import collect_garbage


def collect(store: Store) -> Any:
    return collect_garbage(store, {key for one in read_records(store) for key in one.steps}, dry_run=False)


LOOKS: dict[str, Any] = {
    "verify": lambda store: store.verify(),
    "ls": lambda store: store.manifests() and None,
    "gc": collect,
    "rebuild": lambda store: store.rebuild() and None,
    "results --group": lambda store: pool(store, read_records(store)) and None,
}


def main(trials: int, seed: int) -> dict[str, Counter[str]]:
    rng, counts = random.Random(seed), dict[str, Counter[str]]()

    def note(kind: str, end: str) -> None:
        counts.setdefault(kind, Counter())[end] += 1

    with references() as known:
        for _ in range(trials):
            experiments, _, expected = known[rng.choice([*known])]
            with tempfile.TemporaryDirectory() as folder:
                store = Store(Path(folder) / "store")
                store.create()
                said = FORK.SimpleQueue()

                def one_run(store: Store = store, said: Any = said, experiments: Any = experiments) -> None:
                    swept = run(experiments, store)
                    said.put((swept.computed, [str(error) for error in swept.failures.values()]))

                def looking(name: str, store: Store = store, said: Any = said) -> None:
                    while True:
                        try:
                            found = LOOKS[name](store)
                            end = f"FOUND {found}" if name == "verify" and found else "ok"
                        except OutgrowError as error:
                            end = "refused" if name == "gc" and "a run uses" in str(error) else f"SAID {error}"
                        except Exception as error:
                            end = f"TRACEBACK {type(error).__name__}: {error}"
                        said.put((name, end[:120]))
                        time.sleep(0.02)

                lookers = [fork(functools.partial(looking, name)) for name in LOOKS]
                time.sleep(0.1)
                runs = [fork(one_run) for _ in range(4)]
                computed = 0
                ended = 0
                while ended < 4 and (any(one.is_alive() for one in runs) or not said.empty()):
                    if said.empty():
                        time.sleep(0.01)
                        continue
                    who, what = said.get()
                    if isinstance(who, int):
                        ended, computed = ended + 1, computed + who
                        note("run", "ok" if not what else f"FAILED {what}")
                    else:
                        note(who, what)
                for one in lookers:
                    one.kill()
                for one in runs:
                    one.join(60)
                    note("exit status", str(one.exitcode))
                note("rows and artefacts", compared(store, expected))
                note("each step once", "yes" if computed == len(expected["artefacts"]) else f"NO {computed}")
    return counts


if __name__ == "__main__":
    asked = arguments(10)
    table("four runs and five readers on one store", main(asked.trials, asked.seed))
