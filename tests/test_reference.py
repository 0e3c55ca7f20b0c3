"""docs/reference.md says what is registered."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from outgrow.metrics.base import Metric, metrics
from outgrow.registry import KINDS, Entry, every_registry

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date(tables: ModuleType) -> None:
    """The same on every machine: whatever packs, hub and plug-ins there are."""
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert tables.page(text) == text, "docs/reference.md is stale: run `python docs/tables.py`"
    names = [
        f"| `{entry.name}` |" for registry in every_registry() for entry in registry if entry.module[:8] == "outgrow."
    ]
    assert len(names) >= 120
    assert [name for name in names if name not in text] == []


def test_a_stale_reference_is_seen(tables: ModuleType, added: Callable[..., None]) -> None:
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    value = Metric(values=lambda predictions: predictions.rank)
    added(metrics, "mine", value)
    assert tables.page(text) == text, "what a plug-in brings is not the project's"
    metrics._entries["mine"] = Entry(name="mine", value=value, about="a | b <c>", source="s", module="outgrow.x")
    assert "| `mine` | a \\| b &lt;c> | larger | in percent | all | s |" in tables.page(text)
    assert tables.page(tables.page(text)) == tables.page(text)


def test_every_table_has_its_place(tables: ModuleType) -> None:
    assert tables.tables().keys() >= {*KINDS, "experiments", "packs"}
    with pytest.raises(SystemExit, match="has no place for analyses, executors, "):
        tables.page("<!-- table: tasks -->\n<!-- end -->")
