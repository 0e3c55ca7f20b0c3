"""A store whose files were changed: manifests, the index, rows, and the files of artefacts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.case import Case, Rng, Wrong, add
from tests.fuzz.damage import damaged
from tests.fuzz.structures import altered, text, written

KEYS = tuple(hashlib.sha256(f"{i}".encode()).hexdigest() for i in range(3))


def _manifest(key: str) -> dict[str, Any]:
    content = b"content of " + key.encode()
    return {
        "key": key, "step": "split", "identity": {"seed": 0, "sizes": [1, 2]}, "inputs": {"examples": KEYS[0]},
        "files": {"a.json": {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}},
        "seconds": 0.5, "created": 1.7e9, "versions": {"outgrow": "0.1.0"},
    }  # fmt: skip


@cache
def _index() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE artefacts (key TEXT PRIMARY KEY, manifest TEXT NOT NULL)")
        rows = [(key, json.dumps(_manifest(key))) for key in KEYS]
        connection.executemany("INSERT INTO artefacts VALUES (?, ?)", rows)
        connection.commit()
        connection.close()
        return path.read_bytes()


def _store(rng: Rng) -> Case | None:
    files: dict[str, bytes] = {}
    for key in KEYS:
        place = f"s/artefacts/{key[:2]}/{key}"
        manifest: Any = _manifest(key)
        if rng.random() < 0.4:
            manifest = altered(rng, manifest)
            if rng.random() < 0.3 and isinstance(manifest, dict) and isinstance(manifest.get("files"), dict):
                name = rng.choice(("../x", "/etc/passwd", "a/b", "..", "", "\0", "a\nb", "x" * 300, "\udcff"))
                manifest["files"][name] = {"size": 3, "sha256": KEYS[0]}
        data = written(rng, manifest)
        files[f"{place}/manifest.json"] = damaged(rng, data, most=2) if rng.random() < 0.2 else data
        if rng.random() < 0.9:
            files[f"{place}/a.json"] = b"content of " + key.encode()
    if rng.random() < 0.5:
        files["s/index.sqlite"] = damaged(rng, _index(), most=2) if rng.random() < 0.7 else _index()
    if rng.random() < 0.3:
        bucket = rng.choice(("zz", "ab", KEYS[0][:2], "..x"))
        files[f"s/artefacts/{bucket}/{rng.choice(('x', KEYS[1], text(rng) or 'y'))}/manifest.json"] = b"{}"
    if any("\0" in name or name.startswith("/") or "/../" in name or len(name) > 400 for name in files):
        return None
    return Case(files, {"key": rng.choice((*KEYS, "../../x", "ab" * 32, text(rng)))})


def _read(case: Case, folder: Path) -> None:
    from outgrow.errors import StoreError
    from outgrow.store import Store
    from outgrow.store.garbage import collect_garbage

    store = Store.existing(folder / "s")
    problem: Exception | None = None
    for ask in (
        store.manifests,
        lambda: store.manifest(case.options["key"]),
        lambda: store.open(case.options["key"]),
        lambda: collect_garbage(store, {KEYS[0]}, dry_run=True),
        store.verify,
        store.rebuild,
        lambda: collect_garbage(store, {KEYS[0]}, dry_run=False),
    ):
        try:
            ask()
        except StoreError as error:
            problem = error
    there = store.keys()
    for key in there:
        if store.manifest(key).key != key:
            raise Wrong("an artefact under another key")
    if problem:
        raise problem


add("store", _store, _read, share=0.1)


def _features(rng: Rng) -> Case:
    import numpy as np
    from safetensors.numpy import save
    from tests.fuzz.targets.models import tensors

    return Case({"features.safetensors": tensors(rng, save({"features": np.zeros((4, 3), np.float16)}))})


def _read_features(case: Case, folder: Path) -> None:
    from outgrow.learning.feature_file import load

    found = load(folder)
    found.sum()


add("features", _features, _read_features, share=0.3)
