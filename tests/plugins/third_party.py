"""Packages and files of other people, known for the time of a test."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outgrow import registry as module
from outgrow.registry import every_registry


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Installs a module with an entry point into a folder, which it returns: `plug("filtered", text, kind="methods")`.

    The folder is on this process's path; others need it in PYTHONPATH.
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(name: str, text: str, *, kind: str, modules: tuple[str, ...] = (), version: str = "1") -> Path:
        (site / f"{name}.py").write_text(text)
        info = site / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n")
        points = "".join(f"{one} = {one}\n" for one in modules or (name,))
        (info / "entry_points.txt").write_text(f"[outgrow.{kind}]\n{points}")
        importlib.invalidate_caches()
        return site

    before = set(sys.modules)
    yield install
    for name in set(sys.modules) - before:
        if str(site) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def clean() -> Iterator[None]:
    """Forgets in the end what a test has registered."""
    before = [{entry.name: entry for entry in registry} for registry in every_registry()]
    yield
    for registry, entries in zip(every_registry(), before, strict=True):
        registry._entries = dict(entries)
    module._imported.clear()
