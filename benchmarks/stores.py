"""What a store costs: requests and milliseconds for each step, in a folder and on S3; and eight writers of one study.

    python benchmarks/stores.py                     the server is on this machine, and answers at once
    python benchmarks/stores.py --latency 30        each request takes 30 ms longer, as to a server elsewhere
    python benchmarks/stores.py --writers 8         so many processes run one study of 29 steps at once

Needs the extras [s3] and [test].
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP / "tests" / "plugins"))
COMMAND = [sys.executable, "-m", "outgrow", "run", "digits", "--seeds=0,1"]


def one_step(store: Any, key: str, size: int) -> None:
    """What an executor asks of a store for a step of three small files, apart from computing it."""
    with store.lock(key):
        assert not store.has(key)
        with store.write(key=key, step="toy", identity={}, inputs={}, versions={}) as folder:
            for name in ("weights", "notes", "curve"):
                (folder / name).write_bytes(os.urandom(size))
        store.drop_unfinished(key)


def steps(store: Any, name: str, count: int, requests: list[Any], *, size: int) -> None:
    """Print what `count` steps take."""
    with store.in_use():
        one_step(store, f"{0:064x}", size)
        before, took = len(requests), []
        for i in range(1, count + 1):
            started = time.perf_counter()
            one_step(store, f"{i:064x}", size)
            took.append(1000 * (time.perf_counter() - started))
        time.sleep(1)  # rights are given back meanwhile
        asked = (len(requests) - before) / count
    started = time.perf_counter()
    for i in range(1, count + 1):
        store.open(f"{i:064x}")
    read = 1000 * (time.perf_counter() - started) / count
    print(
        f"{name}: a step takes {statistics.median(took):.1f} ms (median; mean {statistics.mean(took):.1f}), "
        f"{asked:.1f} requests; to read it again {read:.2f} ms"
    )


def together(address: str, writers: int, folder: Path) -> None:
    """Print how long so many processes take for one study, and how often a step was published."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(
            [*COMMAND, f"--store={address}"], stdout=subprocess.PIPE, text=True, cwd=folder,
            env=os.environ | {"OUTGROW_CACHE": str(folder / f"cache-{i}")},
        )
        for i in range(writers)
    ]  # fmt: skip
    said = [one.communicate()[0] for one in running]
    computed = [line for text in said for line in text.splitlines() if line.startswith("Computed ")]
    assert all(one.returncode == 0 for one in running)
    counts = [int(line.split()[1]) for line in computed]
    print(f"{writers} writers of digits, 2 seeds: {time.perf_counter() - started:.1f} s; they computed {counts}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--size", type=int, default=20_000, help="bytes of each of three files")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that a request takes longer")
    parser.add_argument("--writers", type=int, default=0)
    asked = parser.parse_args()

    from s3_server import serving

    from outgrow.store import open_store

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["OUTGROW_CACHE"] = str(folder / "cache")
        server = stack.enter_context(serving())
        server.latency = asked.latency / 1000
        bucket = server.bucket("bucket")
        steps(open_store(folder / "store"), "folder", asked.steps, [], size=asked.size)
        steps(open_store(f"{bucket}/steps"), "S3", asked.steps, server.requests, size=asked.size)
        for writers in (1, asked.writers) if asked.writers else ():
            before = len(server.requests)
            together(f"{bucket}/writers-{writers}", writers, folder)
            published = [path for method, path in server.requests[before:] if method == "PUT" and "/manifests/" in path]
            print(f"   {len(published)} manifests put, of {len(set(published))} steps")


if __name__ == "__main__":
    main()
