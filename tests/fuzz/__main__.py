"""`python -m tests.fuzz --n 100000 --seed 1 [--target csv]`: what came of it; `--replay FILE` tries one again."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.case import TARGETS, Case
from tests.fuzz.runner import BAD, KINDS, Tally, run
from tests.fuzz.targets import load_targets
from tests.fuzz.watch import Watch, attempt, limit

KEPT = Path(tempfile.gettempdir()) / "outgrow-fuzz"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=1_000, help="inputs of each target, times its share")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0, help="at most, of each target; 0: no limit")
    parser.add_argument("--target", action="append", help="one of the targets; several times; all by default")
    parser.add_argument("--keep", type=Path, default=KEPT, help="folder for inputs that fail")
    parser.add_argument("--replay", type=Path, help="a kept input: read it again, with its traceback")
    parser.add_argument("--plant", action="store_true", help="add a target that is broken on purpose")
    parser.add_argument("--list", action="store_true", help="the targets")
    given = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"  # before the hub's library is imported: what is fuzzed reaches no network
    load_targets()
    if given.plant:
        import tests.fuzz.targets.planted  # noqa: F401
    if given.list:
        print("\n".join(TARGETS))
        return 0
    if given.replay:
        return replay(given.replay)
    names = given.target or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    print(row("target", "inputs", *KINDS, "raw", "seconds", "a second"))
    if sum(not name.startswith("planted-") for name in names) > 1:
        warm()
    tallies = []
    for name in names:
        n = max(1, round(given.n * TARGETS[name].share))
        tallies.append(run(name, n, seed=given.seed, keep=given.keep, seconds=given.seconds))
        print(told(tallies[-1]), flush=True)
    for tally in tallies:
        for (kind, _, place), failure in tally.failures.items():
            shown = failure["said"].encode("ascii", "backslashreplace").decode().replace("\n", " ")
            print(f"{tally.target} {kind} at {place or '?'}, input {failure['number']}: {shown[:200]}")
    bad = sum(tally.bad for tally in tallies)
    if bad:
        print(f"\n{bad:,} inputs failed; one of each kind and place is kept in {given.keep}")
    return 1 if bad else 0


def warm() -> None:
    """Import what several readers need, once for all processes; no thread is started by it."""
    import torch  # noqa: F401

    from outgrow.registry import every_registry

    for registry in every_registry():
        list(registry)
    with contextlib.suppress(ImportError):
        import transformers.models.auto.modeling_auto
        import transformers.models.gpt2.modeling_gpt2  # noqa: F401


def row(name: str, *cells: object) -> str:
    return f"{name:<14}" + "".join(f"{cell:>10}" for cell in cells)


def told(tally: Tally) -> str:
    rate = tally.n / max(tally.seconds, 1e-9)
    numbers = [f"{tally.counts[kind]:,}" for kind in KINDS]
    return row(tally.target, f"{tally.n:,}", *numbers, f"{tally.raw:,}", f"{tally.seconds:.1f}", f"{rate:,.0f}")


def replay(file: Path) -> int:
    """Read a kept input again."""
    target = TARGETS[file.name.split(".")[0]]
    case = Case.parse(file.read_text())
    target.prepare()
    limit()
    with tempfile.TemporaryDirectory() as room:
        tempfile.tempdir = room
        found = attempt(target, case, Path(room), Watch(), random.randrange(1 << 30))
    print(f"{target.name}: {found.kind} {found.said} at {found.place}\n{found.trace}")
    return 1 if found.kind in BAD else 0


if __name__ == "__main__":
    sys.exit(main())
