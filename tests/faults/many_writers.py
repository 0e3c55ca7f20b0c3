"""Eight processes run one study on one store of S3, and one of them is killed on the way.

    python tests/faults/many_writers.py --trials 10 --seed 0

Each has a folder of copies of its own, as if it were on another machine, so that they meet in the store alone. Nothing
may be computed twice, and the results must be those of a folder on this machine, bit by bit. In every trial a second
store is begun by a process that is killed before its n-th request; three others begin while its signs of life have not
run out yet, take over what it held, and end as if it had never been.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import FORK, arguments, compared, fork, held, run, studies, table
from s3_server import Server, serving

from outgrow.store import Store, open_store
from outgrow.store.remote import presence

WRITERS, HEIRS = 8, 3
LEASE = 6.0  # seconds, for what a killed one held; 60 take too long here


def write(address: str, experiments: Any, cache: str, said: Any) -> None:
    """Run a study, and say how many steps were computed here."""
    os.environ["OUTGROW_CACHE"] = cache
    swept = run(experiments, open_store(address))  # type: ignore[arg-type]
    said.put((swept.computed, [str(error) for error in swept.failures.values()]))


def die_before(number: int, act: Callable[[], None]) -> None:
    """Do something, and be killed just before the n-th request."""
    from outgrow.store.remote.s3 import S3Bucket

    left, call = [number], S3Bucket._call

    async def counted(self: S3Bucket, method: str, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return await call(self, method, **options)

    S3Bucket._call = counted  # type: ignore[method-assign]
    act()


def twice(server: Server, bucket: str) -> list[str]:
    """Keys whose manifest more than one process wanted to write."""
    wanted = Counter(
        path for method, path in server.requests if method == "PUT" and f"/{bucket}/" in path and "/manifests/" in path
    )
    return [path for path, times in wanted.items() if times > 1]


def main(
    trials: int, seed: int, *, study: str = "", writers: int = WRITERS, heirs: int = HEIRS
) -> dict[str, Counter[str]]:
    """Args: a study in place of one by chance; how many write at once; how many take over."""
    rng, counts = random.Random(seed), dict[str, Counter[str]]()

    def note(kind: str, end: str) -> None:
        counts.setdefault(kind, Counter())[end] += 1

    def together(address: str, experiments: Any, many: int, expected: dict[str, Any], kind: str) -> int:
        """Let several run it; how many steps they computed in all."""
        said = FORK.SimpleQueue()
        caches = [str(folder / f"cache-{address.rpartition('/')[2]}-{i}") for i in range(many)]
        all_of_them = [fork(functools.partial(write, address, experiments, cache, said)) for cache in caches]
        computed = 0
        for one in all_of_them:
            one.join(300)
            note("exit status", str(one.exitcode))
        while not said.empty():
            here, failures = said.get()
            computed += here
            note(f"{kind}, each", "ok" if not failures else f"FAILED {failures}"[:100])
        os.environ["OUTGROW_CACHE"] = str(folder / "cache-of-the-judge")
        store: Any = open_store(address)
        note(f"{kind}, rows and artefacts", compared(store, expected))
        note(f"{kind}, verified", "whole" if store.verify() == [] else "DAMAGED")
        left = [name for name in store.bucket.listed("") if name.startswith(("locks/", "tmp/", "damaged/"))]
        left = [name for name in left if not store.has(name[-64:])]  # killed when all was done but to let go
        note(f"{kind}, left behind", "nothing" if not left else f"LEFT {left}"[:100])
        return computed

    with tempfile.TemporaryDirectory() as name, serving() as server:
        folder, known = Path(name), {}
        for trial in range(trials):
            which = study or rng.choice(["toy", "digits"])
            experiments = studies()[which]
            if which not in known:
                reference = Store(folder / which)
                run(experiments, reference)
                known[which] = held(reference)
            expected = known[which]
            bucket = f"trial-{trial}"
            address = server.bucket(bucket)

            computed = together(f"{address}/many", experiments, writers, expected, "many writers")
            more = twice(server, bucket)
            note("many writers, each step once", "yes" if computed == len(expected["artefacts"]) else f"NO {computed}")
            note("many writers, published twice", "none" if not more else f"TWICE {more}"[:100])

            before = presence.LEASE, presence.BEAT
            presence.LEASE, presence.BEAT = LEASE, 0.5
            number = rng.randint(5, 60)
            begin = functools.partial(
                write, f"{address}/killed", experiments, str(folder / f"killed-{trial}"), FORK.SimpleQueue()
            )
            victim = fork(functools.partial(die_before, number, begin))
            victim.join(120)
            note("one killed", "killed" if victim.exitcode == -signal.SIGKILL else f"NOT {victim.exitcode}")
            began = time.monotonic()
            together(f"{address}/killed", experiments, heirs, expected, "heirs of one killed")
            note("heirs of one killed, in time", "yes" if time.monotonic() - began < 120 else "NO")
            presence.LEASE, presence.BEAT = before
    return counts


if __name__ == "__main__":
    asked = arguments(10)
    table("many writers on one store of S3, and the heirs of one that was killed", main(asked.trials, asked.seed))
