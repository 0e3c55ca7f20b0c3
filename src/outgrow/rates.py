"""What steps took on this machine, kept beside the packs for the estimates of the next run, and for nothing else."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping

from outgrow.disk import write_whole
from outgrow.errors import ConfigError
from outgrow.nominal import threads
from outgrow.packs.cache import cache_folder
from outgrow.runtime import Runtime

FILE = "rates-2.json"  # those of the first did not count how long texts are
MOST = 1_000  # multiples kept; the oldest go first
BEYOND = 1e100  # no step took so many times what was estimated


def read_rates(*machines: str) -> dict[str, float]:
    """Multiples by kind of step, as `Forecast.learned` gave them; {} where there are none, or none that can be read.

    Those of a machine named later count where there are several.
    """
    whole = _read()
    return {name: ratio for machine in machines for name, ratio in whole.get(machine, {}).items()}


def keep_rates(machine: str, learned: Mapping[str, float]) -> None:
    """Keep what a run learned; half of it, on a scale of ratios, where something else is known. Never an error."""
    whole = _read()
    known = whole.get(machine, {})
    for name, ratio in learned.items():
        if 0 < ratio < math.inf:
            known[name] = math.sqrt(known.pop(name, ratio) * ratio)
    whole[machine] = dict(list(known.items())[-MOST:])
    with contextlib.suppress(OSError, ConfigError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps(whole, indent=1), what="rates", follow=False)


def machine_names(runtime: Runtime) -> list[str]:
    """What rates depend on and can be told without loading anything: the device, how many threads compute, and workers.

    Those without workers come first: what is not known with workers may be known without.
    """
    alone = f"{runtime.device}, {threads()} threads"
    if runtime.address:
        return [f"{runtime.device}, {runtime.workers} workers at {runtime.address}"]
    return [alone] if at_once(runtime) == 1 else [alone, f"{alone}, {runtime.workers} workers"]


def at_once(runtime: Runtime) -> int:
    """Steps that an executor computes at once."""
    return 1 if runtime.executor == "serial" else runtime.workers


def _read() -> dict[str, dict[str, float]]:
    try:
        found = json.loads((cache_folder() / FILE).read_bytes())
        return {
            str(machine): {
                str(name): float(ratio) for name, ratio in rates.items() if 1 / BEYOND < float(ratio) < BEYOND
            }
            for machine, rates in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
