"""Tiny random transformers, offline."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _neighbour(name: str, path: Path) -> ModuleType:
    """A module of the tests by its path: test modules are no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_tests = Path(__file__).parents[1]
_tiny = _neighbour("outgrow_tests_tiny", _tests / "tiny.py")
tiny, offline_hub = _tiny.tiny, _tiny.offline_hub
hub_cache = _neighbour("outgrow_tests_tasks", _tests / "tasks" / "conftest.py").hub_cache


@pytest.fixture(scope="session")
def tinies() -> ModuleType:
    """The module that makes the tiny models."""
    return _tiny
