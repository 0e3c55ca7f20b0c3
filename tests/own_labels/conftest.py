"""Tables with `N` texts, written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

N = 24
Write = Callable[..., str]


@pytest.fixture
def csv(tmp_path: Path, request: pytest.FixtureRequest) -> Write:
    """Writes a table with `N` texts, the file's own or this one, and columns; a list is repeated to its length."""
    n = getattr(request.module, "N", N)

    def write(name: str = "mine.csv", *, texts: list[str] | None = None, **columns: list[object]) -> str:
        seen = texts or [f"text number {i}" for i in range(n)]
        lines = [",".join(["body", *columns])]
        for i, text in enumerate(seen):
            lines.append(",".join([text, *(str(own[i % len(own)]) for own in columns.values())]))
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return str(tmp_path / name)

    return write
