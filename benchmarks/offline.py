"""The text studies that need no hub: time from an empty store with packs present, memory, and what they find.

Run by hand on an idle machine, after `outgrow packs get smollm2-135m minilm-l6 rotten-tomatoes`:
`python benchmarks/offline.py [text-offline reward-offline ...]`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from quickstart import OUTGROW, measure


def main() -> None:
    """Print the figures of each study."""
    for name in sys.argv[1:] or ["text-offline", "reward-offline"]:
        with tempfile.TemporaryDirectory() as folder:
            store = str(Path(folder) / "store")
            measure(f"{name}, empty store", "run", name, "--store", store)
            measure(f"{name}, the same again", "run", name, "--store", store)
            listed = subprocess.run(
                [*OUTGROW, "results", "--store", store, "--format", "json", "--group"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            for row in json.loads(listed.stdout):
                recovered = (
                    f"PGR {row['pgr']:.2f} (95 % {row['pgr_low']:.2f} to {row['pgr_high']:.2f})"
                    if row["pgr"] is not None
                    else f"no PGR: {row['verdict']}"
                )
                print(
                    f"{row['weak']} -> {row['strong']}, {row['method']}: weak {row['weak_score']:.3f}, student "
                    f"{row['student_score']:.3f}, ceiling {row['ceiling_score']:.3f}, {recovered}, "
                    f"{len(row['seeds'])} seeds, n = {row['n_test']}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
