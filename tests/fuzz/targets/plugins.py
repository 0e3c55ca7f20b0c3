"""Files of components, and entry points of installed packages, that cannot be imported or take a name."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged

FILES = (
    "from outgrow.tasks.base import tasks\n"
    "@tasks.register('mine', about='a', source='b')\nclass Mine:\n    name = 'mine'\n",
    "from outgrow.metrics.base import metrics\nmetrics.add('accuracy', 5, about='', source='')\n",
    "raise ValueError('x')\n", "import sys\nsys.exit(3)\n", "raise SystemExit\n", "def f(:\n",
    "import nothing_of_that_name\n",
    "raise type('E', (Exception,), {'__str__': lambda s: ''})()\n", "raise Exception('a\\nb')\n", "x = 1 / 0\n",
    "raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'y')\n", "def f(): f()\nf()\n", "# coding: nothing\n",
    "assert False\n",
    "from outgrow.tasks.base import nothing\n", "raise KeyError('k')\n", "raise StopIteration\n",
)  # fmt: skip
VALUES = (
    "mod_of_plugin",
    "mod_of_plugin:nothing",
    "nothing_at_all",
    "outgrow.tasks.base:nothing",
    "os:system.x",
    "sys",
)


def _file(rng: Rng) -> Case:
    data = rng.choice(FILES).encode()
    if rng.random() < 0.4:
        data = damaged(rng, data, most=1)
    name = rng.choice(("p.py", "p.py", "p.txt", "a b.py", "é.py"))
    return Case({name: data}, {"file": name})


def _import(case: Case, folder: Path) -> None:
    from outgrow.metrics.base import metrics
    from outgrow.registry import every_registry, import_file

    before = {registry.kind: set(registry._entries) for registry in every_registry()}
    at, modules = list(sys.path), set(sys.modules)
    try:
        import_file(folder / case.options["file"])
    finally:
        sys.path[:] = at
        for registry in every_registry():
            for name in set(registry._entries) - before[registry.kind]:
                del registry._entries[name]
        for name in set(sys.modules) - modules:
            del sys.modules[name]
        if isinstance(metrics["accuracy"], int):
            raise Wrong("a component of the package was replaced")


def _prepare() -> None:
    import torch  # noqa: F401

    from outgrow.registry import every_registry

    for registry in every_registry():
        list(registry)


add("plugin-files", _file, _import, share=0.3, prepare=_prepare)


def _points(rng: Rng) -> Case:
    return Case({"mod_of_plugin.py": rng.choice(FILES).encode()}, {"value": rng.choice(VALUES)})


def _load(case: Case, folder: Path) -> None:
    from importlib.metadata import EntryPoint

    from outgrow.registry import Registry

    registry: Registry[object] = Registry("metrics", package="outgrow.metrics")
    point = EntryPoint(name="mine", value=case.options["value"], group="outgrow.metrics")
    modules = set(sys.modules)
    try:
        with (
            mock.patch("outgrow.registry.entry_points", return_value=[point]),
            mock.patch("outgrow.registry.log"),
            mock.patch.object(sys, "path", [str(folder), *sys.path]),
        ):
            registry.loaded_plugins()
            if "accuracy" in registry:  # the shipped ones belong to the registry of the package
                raise Wrong("a component twice")
    finally:
        from outgrow import registry as module

        module._all.remove(registry)
        for name in set(sys.modules) - modules:
            del sys.modules[name]
        sys.path_importer_cache.clear()


add("entry-points", _points, _load, share=0.05, prepare=_prepare)
