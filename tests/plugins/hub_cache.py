"""A cache of the hub on disk, as the hub's own library writes it, and packs made up for one test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Rows = list[dict[str, Any]]


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Puts splits into a cache that is all the library can see: `hub_cache(repo, config, splits)` -> commit."""
    constants = pytest.importorskip("huggingface_hub.constants")
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def put(repo: str, config: str, splits: dict[str, Rows], *, revision: str = "refs/convert/parquet") -> str:
        import pyarrow as pa
        import pyarrow.parquet as pq

        commit = hashlib.sha1(f"{repo} {config} {splits}".encode()).hexdigest()
        folder = cache / f"datasets--{repo.replace('/', '--')}"
        reference = folder / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit)
        for split, rows in splits.items():
            for i, part in enumerate((rows[:1], rows[1:]) if len(rows) > 1 else (rows,)):
                file = folder / "snapshots" / commit / config / split / f"{i:04}.parquet"
                file.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(pa.Table.from_pylist(part), file)
        return commit

    return put


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lets `outgrow.packs.folder` give a folder of this test, and returns it: `pack("spam")`."""
    from outgrow import packs

    def give(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr(packs, "folder", {name: folder}.__getitem__)
        return folder

    return give
