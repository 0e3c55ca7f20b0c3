"""Whether a pack's files are what they were when it was fetched, and what this version of outgrow has pinned.

Two things are compared. The manifest beside the files has the hash of each, bit by bit. `pins.py` has the hash of what
each holds, which whoever changes files and manifest together cannot change: of a table its values and of weights their
numbers, since the libraries that write such files may lay them out differently from release to release.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from outgrow.disk import sha256
from outgrow.packs.pins import BY_TRANSFORMERS, PINS, TRANSFORMERS

MANIFEST = "manifest.json"
HASH = re.compile(r"[0-9a-f]{64}")

Signature = dict[str, list[int]]


def signature(where: Path) -> Signature | None:
    """Size, times and number of each entry of a folder, cheap to compare; None unless all are plain files.

    The time of the last change to an entry is among them, which nobody can set back.
    """
    found: Signature = {}
    with os.scandir(where) as entries:
        for entry in entries:
            seen = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(seen.st_mode):
                return None
            found[entry.name] = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]
    return found


def problems(where: Path, *, fingerprint: str, pins: str) -> list[str]:
    """What is wrong with the files of a pack in a folder, one short line each; [] if all is well.

    Args:
        fingerprint: of the pack, as its manifest must have it.
        pins: under which name its files are pinned, if they are.
    """
    try:
        manifest = json.loads(_plain(where / MANIFEST).read_bytes())
        files: dict[str, dict[str, Any]] = manifest["files"]
        made_with, of = manifest["made_with"], manifest["fingerprint"]
        sound = all(_sound(name, entry) for name, entry in files.items()) and isinstance(made_with, dict)
    except OSError as error:
        return [f"{MANIFEST} cannot be read ({error.strerror or error})"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        return [f"{MANIFEST} is damaged"]
    if of != fingerprint:
        return [f"{MANIFEST} is that of {str(of)[:60]!r}"]
    pinned = dict(PINS.get(pins, {}))
    if made_with.get("transformers") != TRANSFORMERS:
        for name in BY_TRANSFORMERS.get(pins, ()):
            del pinned[name]
    lines = [line for name, entry in files.items() if (line := _problem(where / name, entry, pinned.get(name)))]
    lines += [f"{name} is missing" for name in sorted(pinned.keys() - files.keys())]
    if pinned and pins not in BY_TRANSFORMERS:
        lines += [f"{name} does not belong there" for name in sorted(files.keys() - pinned.keys())]
    return lines + [f"{name} does not belong there" for name in sorted({*os.listdir(where)} - {MANIFEST, *files})]


def _sound(name: str, entry: Any) -> bool:
    plain = name not in ("", ".", "..", MANIFEST) and "/" not in name and "\0" not in name
    return plain and type(entry["size"]) is int and HASH.fullmatch(entry["sha256"]) is not None


def _plain(path: Path) -> Path:
    if path.is_symlink():
        raise OSError("it is a link")
    return path


def _problem(path: Path, entry: dict[str, Any], pinned: str | None) -> str:
    try:
        if not os.path.lexists(path):
            return f"{path.name} is missing"
        if not stat.S_ISREG(_plain(path).lstat().st_mode):
            return f"{path.name} is no file"
        if path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
            return f"{path.name} does not match its checksum"
        if pinned and content(path) != pinned:
            return f"{path.name} does not hold what is pinned"
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror or error})"
    except Exception as error:  # whatever pyarrow or safetensors say of what is no such file
        return f"{path.name} cannot be read ({type(error).__name__})"
    return ""


def content(path: Path) -> str:
    """SHA-256 of what a file holds: a table's columns and values, the tensors of a weights file, else its bytes."""
    if path.suffix == ".parquet":
        return _table(path)
    if path.suffix == ".safetensors":
        return _tensors(path)
    return sha256(path)


def _table(path: Path) -> str:
    import pyarrow.parquet as pq

    found, table = hashlib.sha256(), pq.read_table(path)
    for name in table.column_names:
        found.update(f"{name}\n{table[name].type}\n".encode())
        for start in range(0, len(table), 10_000):
            found.update(json.dumps(table[name][start : start + 10_000].to_pylist()).encode())
    return found.hexdigest()


def _tensors(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        found.update(json.dumps(header.pop("__metadata__", {}), sort_keys=True).encode())
        for name in sorted(header):
            start, stop = header[name]["data_offsets"]
            found.update(json.dumps([name, header[name]["dtype"], header[name]["shape"], stop - start]).encode())
            file.seek(8 + size + start)
            for at in range(start, stop, 2**20):
                found.update(file.read(min(2**20, stop - at)))
    return found.hexdigest()
