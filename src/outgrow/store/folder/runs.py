"""What runs say of themselves while they go on: small JSON documents beside the results, lost without harm."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.disk import disk_errors
from outgrow.store.manifests import check_name

RUNS = "runs"


def publish(root: Path, name: str, state: dict[str, Any]) -> None:
    """Put a document in the place of the one of this name."""
    partial = root / "tmp" / f"{check_name(name)[:40]}-{uuid.uuid4().hex[:8]}"
    with disk_errors(root):
        (root / RUNS).mkdir(exist_ok=True)
        try:
            partial.write_text(json.dumps(state))
            os.replace(partial, root / RUNS / f"{name}.json")
        finally:
            partial.unlink(missing_ok=True)


def published(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """All documents by name; what is none is passed over."""
    with disk_errors(root):
        try:
            names = sorted(os.listdir(root / RUNS))
        except FileNotFoundError:
            return
    for name in names:
        if name.endswith(".json"):
            with contextlib.suppress(OSError, ValueError, RecursionError):
                state = json.loads((root / RUNS / name).read_bytes())
                if isinstance(state, dict):
                    yield name.removesuffix(".json"), state


def withdraw(root: Path, name: str) -> None:
    """Remove a document; none where there is none."""
    with disk_errors(root):
        (root / RUNS / f"{check_name(name)}.json").unlink(missing_ok=True)
