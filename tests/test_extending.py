"""The examples of docs/extending.md are files that work as they stand, and keep the contract."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outgrow.registry import every_registry, import_file
from outgrow.testing import check

DOCS = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)


@pytest.mark.usefixtures("clean")
def test_every_example_can_be_imported_and_keeps_the_contract(tmp_path: Path) -> None:
    assert len(BLOCKS) >= 9
    checked = 0
    for i, block in enumerate(BLOCKS):
        before = {registry.kind: {entry.name for entry in registry} for registry in every_registry()}
        file = tmp_path / f"example_{i}.py"
        file.write_text(block)
        import_file(file)
        import_file(file)  # once is enough
        new = [e for registry in every_registry() for e in registry if e.name not in before[registry.kind]]
        assert new, f"example {i} registers nothing"
        for entry in new:
            found = check(entry)
            assert not found.skipped
            checked += 1
    assert checked >= 9
