"""What this machine can do for outgrow."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from outgrow.errors import MissingDependency, OutgrowError
from outgrow.registry import every_registry


def examine(store: str) -> list[tuple[str, str]]:
    """Findings as (subject, what was found) lines."""
    import torch

    cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    devices = [*(f"cuda ({name})" for name in cuda), *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
    return [
        ("outgrow", _version("outgrow")),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("torch", torch.__version__),
        ("cores", f"{os.cpu_count()}, {torch.get_num_threads()} threads used by torch"),
        ("memory", _memory()),
        ("devices", ", ".join(devices)),
        ("bfloat16", _bfloat16()),
        ("store", _store(store)),
        ("chess zoo", _zoo()),
        ("packs", _packs()),
        ("stockfish", _stockfish()),
        ("extras", _extras()),
        *(("plug-in", one) for one in _plugins()),
    ]  # fmt: skip


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
    except (ValueError, OSError, AttributeError):
        return "unknown"


def _bfloat16() -> str:
    """What `--precision auto` goes by on the CPU."""
    from outgrow.learning.machine import bfloat16_gain, multiplies_bfloat16

    chosen = "bfloat16" if multiplies_bfloat16("cpu") else "float32"
    return (
        f"{bfloat16_gain():.1f} x the speed of float32 in matrix products on the CPU; --precision auto takes {chosen}"
    )


def _store(store: str) -> str:
    from outgrow.store import Store, open_store

    try:
        opened = open_store(store)
        if not isinstance(opened, Store):
            opened.require()
            return f"{store}: there"
    except OutgrowError as error:
        return str(error)
    path = opened.root
    if not path.is_dir():
        parent = path.resolve().parent
        state = "can be made" if os.access(parent, os.W_OK) else f"and {parent} cannot be written"
        return f"{store}: not there yet, {state}"
    free = shutil.disk_usage(path).free / 2**30
    return f"{store}: {'writable' if os.access(path, os.W_OK) else 'NOT writable'}, {free:.1f} GiB free"


def _stockfish() -> str:
    from outgrow.zoo.build.engine import find_engine

    try:
        return find_engine()
    except MissingDependency:
        return "not found (only `outgrow zoo build` needs it)"


def _zoo() -> str:
    from outgrow.models.bases.chess import SHAPES, weights

    missing = [name for name in SHAPES if not weights(name).is_file()]
    return f"missing {', '.join(missing)}" if missing else f"{len(SHAPES)} sizes, {', '.join(SHAPES)}"


def _packs() -> str:
    from outgrow.packs import PACKS, cache_folder, present

    here = [name for name in PACKS if present(name)]
    missing = [name for name in PACKS if name not in here]
    found = f"{', '.join(here) or 'none'} in {cache_folder()}"
    return found + (f"; not fetched: {', '.join(missing)} (`outgrow packs get NAME`)" if missing else "")


def _extras() -> str:
    found = [
        f"{name} {'installed' if find_spec(module) else 'not installed'}"
        for name, module in (
            ("[text]", "transformers"),
            ("[vision]", "PIL"),
            ("[figures]", "matplotlib"),
            ("[zoo]", "chess"),
        )
    ]
    return ", ".join(found)


def _plugins() -> list[str]:
    """Each plug-in, and whether its components can be used."""
    found = [one for registry in every_registry() for one in registry.loaded_plugins()]
    return [f"{one.name} of {one.package} {one.version} ({one.kind}): {one.problem or 'ok'}" for one in found] or [
        "none"
    ]
