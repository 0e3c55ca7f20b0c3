"""Time and memory of what a newcomer does first: the quickstart, the same again, help, a listing.

Run by hand on an idle machine: `python benchmarks/quickstart.py`. Whole-process figures from the operating system.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUTGROW = [sys.executable, "-m", "outgrow.cli"]


def measure(title: str, *arguments: str, repeat: int = 1) -> str:
    """Run outgrow and print median wall seconds and peak memory of the process; returns its output."""
    seconds, peak, output = [], 0, ""
    for _ in range(repeat):
        started = time.perf_counter()
        with tempfile.TemporaryFile("w+") as out:
            process = subprocess.Popen([*OUTGROW, *arguments], stdout=out, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            seconds.append(time.perf_counter() - started)
            peak = max(peak, usage.ru_maxrss)
            out.seek(0)
            output = out.read()
        if status:
            raise SystemExit(f"{title} failed with status {os.waitstatus_to_exitcode(status)}")
    median = sorted(seconds)[len(seconds) // 2]
    print(f"{title:36} {median:7.2f} s (median of {repeat}) {peak / 1024:8.0f} MiB", flush=True)
    return output


def main() -> None:
    """Print each figure beside its bar."""
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "store")
        first = measure("run quickstart, empty store", "run", "quickstart", "--store", store)
        again = measure("run quickstart, the same again", "run", "quickstart", "--store", store, repeat=5)
        measure("--help", "--help", repeat=5)
        measure("list methods", "list", "methods", repeat=5)
        print(next(line for line in again.splitlines() if line.startswith("Computed")))
        print(first)
        grouped = subprocess.run(
            [*OUTGROW, "results", "--store", store, "--format", "json", "--group"],
            capture_output=True,
            text=True,
            check=True,
        )
        for row in json.loads(grouped.stdout):
            print(
                f"{row['weak']} -> {row['strong']} {row['method']}: PGR {row['pgr']:.3f} "
                f"(95 % {row['pgr_low']:.3f} to {row['pgr_high']:.3f}), {len(row['seeds'])} seeds, n = {row['n_test']}"
            )
        page = (Path(store) / "report-quickstart.html").read_text()
        print(f"report: {len(page):,} characters, {page.count('<svg')} figures")


if __name__ == "__main__":
    main()
