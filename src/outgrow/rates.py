"""What steps took on this machine, kept beside the packs for the estimates of the next run, and for nothing else."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping

from outgrow.disk import write_whole
from outgrow.errors import ConfigError
from outgrow.packs.cache import cache_folder

FILE = "rates.json"
MOST = 1_000  # multiples kept; the oldest go first
BEYOND = 1e100  # no step took so many times what was estimated


def read_rates(machine: str) -> dict[str, float]:
    """Multiples by kind of step, as `Forecast.learned` gave them; {} where there are none, or none that can be read."""
    return _read().get(machine, {})


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


def machine_name(device: str) -> str:
    """What rates depend on and can be told without loading anything: the device, and how many threads compute."""
    return f"{device}, {os.environ.get('OMP_NUM_THREADS') or os.cpu_count()} threads"


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
