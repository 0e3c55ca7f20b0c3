"""What the files of a pretrained model may not ask for: weights from elsewhere, and code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.errors import DataError


def check(folder: Path) -> Path:
    """The folder, unless its files lead out of it, so that what they hold would not be all that counts.

    Raises:
        DataError: an index of weights names files elsewhere, which no hash of the folder would see; or the
            configuration asks for a kernel of the hub, which is compiled code.
    """
    for file in sorted(folder.glob("*.index.json")):
        for name in _values(_read(file), "weight_map"):
            if not isinstance(name, str) or "/" in name or "\\" in name or name in ("", ".", ".."):
                raise DataError(f"{file} names weights outside the folder itself, {str(name)[:80]!r}; put them there")
    for implementation in _attention(_read(folder / "config.json")):
        if "/" in implementation:
            raise DataError(
                f"{folder / 'config.json'} asks for attention by code of the hub, {implementation[:80]!r}, which is "
                "not run; delete that key, and the library's own attention is used"
            )
    return folder


def _read(file: Path) -> Any:
    """JSON, or nothing: whoever loads the file says what is wrong with it."""
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _values(tree: Any, key: str) -> list[Any]:
    found = tree.get(key) if isinstance(tree, dict) else None
    return list(found.values()) if isinstance(found, dict) else []


def _attention(tree: Any) -> Iterator[str]:
    """Values of `attn_implementation`, in the configuration and those within it."""
    left = [tree]
    while left:
        tree = left.pop()
        for key, value in tree.items() if isinstance(tree, dict) else ():
            if key.strip("_").startswith("attn_implementation"):
                yield from map(str, value.values() if isinstance(value, dict) else [value])
            else:
                left.append(value)
