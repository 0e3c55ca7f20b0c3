"""Write the project's own numbers as references that `outgrow reproduce` compares runs with.

    python benchmarks/freeze.py STORE [NAME ...]

Runs shipped experiments that need no hub, or finds them in the store, and writes a file of `src/outgrow/references`
for each, with scores, standard errors, and the keys of the results.
"""

from __future__ import annotations

import argparse
import platform
import time
from importlib.metadata import version
from pathlib import Path

import tomli_w

import outgrow
from outgrow.config import read_experiments
from outgrow.intervals.crossed import quantile
from outgrow.references.reference import ROLES
from outgrow.results.table import Group, Interval

NAMES = ("quickstart", "digits", "text-offline", "reward-offline", "vision-offline")
FOLDER = Path(__file__).parent.parent / "src" / "outgrow" / "references"


def main() -> None:
    """One file for each experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("names", nargs="*", default=list(NAMES))
    options = parser.parse_args()
    for name in options.names:
        results = outgrow.run(name, store=options.store)
        seeds = sorted({one.seed for one in read_experiments(name)})
        page = {
            "about": f"The project's own numbers of {name}, on one machine.",
            "experiment": name,
            "seeds": len(seeds),
            "source": f"outgrow {outgrow.__version__}, {platform.machine()}, torch {version('torch')}, "
            + time.strftime("%Y-%m-%d", time.gmtime()),
            "keys": sorted({one.row.key for one in results.records}),
            "numbers": [numbers(group) for group in results.groups],
        }
        (FOLDER / f"{name}.toml").write_text(tomli_w.dumps(page), encoding="utf-8")
        print(f"{name}: {len(results.groups)} rows")


def numbers(group: Group) -> dict[str, object]:
    """Scores of a row with their standard errors."""
    found: dict[str, object] = {"weak": group.weak, "strong": group.strong, "method": group.method}
    fields = {"weak": group.weak_score, "student": group.student, "ceiling": group.ceiling,
              "zero_shot": group.zero_shot, "pgr": group.pgr, "agreement": group.agreement}  # fmt: skip
    for role, key in ROLES.items():
        one: Interval | None = fields[role]
        if one is not None and one.low is not None and one.high is not None:
            found[key] = [round(one.value, 4), round((one.high - one.low) / 2 / quantile(1e9), 4)]
    return found


if __name__ == "__main__":
    main()
