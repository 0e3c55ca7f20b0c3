"""Manifests and rows as they lie on disk, checked when they are read: a store may come from anywhere."""

from __future__ import annotations

import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any

from outgrow.artefacts import Manifest
from outgrow.disk import sha256, unreadable
from outgrow.errors import DamagedArtefact, MissingArtefact, StoreError

MANIFEST = "manifest.json"
KEY = re.compile(r"[0-9a-f]{64}")
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
LATEST = 1e12  # seconds since 1970; nan and infinity are not below it either
CHECKSUM, NAME = "checksum", "name"  # of a row, in its own file


def check_key(key: str) -> str:
    """A key, if it is one: a path or a part of one never is. Raises StoreError."""
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise StoreError(f"{str(key)[:80]!r} is no key: keys are 64 hexadecimal digits")
    return key


def check_name(name: str) -> str:
    """A name of a file or a run, if it is one: never a path. Raises StoreError."""
    if not isinstance(name, str) or not FILE.fullmatch(name):
        raise StoreError(f"{str(name)[:80]!r} is no name: letters, digits, '.', '_' and '-' make one, 100 at most")
    return name


def described(
    folder: Path, *, key: str, step: str, identity: dict[str, Any], inputs: dict[str, str], versions: dict[str, str],
    started: float,
) -> Manifest:  # fmt: skip
    """The manifest of the files in a folder that a step wrote, which began at `started`, seconds since 1970."""
    files = {path.name: {"size": path.stat().st_size, "sha256": sha256(path)} for path in sorted(folder.iterdir())}
    return Manifest(
        key=key, step=step, identity=identity, inputs=inputs, files=files, seconds=time.time() - started,
        created=started, versions=versions,
    )  # fmt: skip


def read_manifest(folder: Path, key: str) -> Manifest:
    """The manifest in the folder of a key.

    Raises:
        MissingArtefact: there is none.
        DamagedArtefact: it is no manifest of this key; nothing is moved here.
        StoreError: it cannot be read, which need not be its fault.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingArtefact(f"the store has no artefact {key[:12]}; run again to recompute it") from None
    except OSError as error:
        raise unreadable(path, error, kept=": nothing was moved or deleted") from error
    return parse_manifest(text, key)


def parse_manifest(text: bytes, key: str) -> Manifest:
    """The manifest of a key out of its file's content. Raises DamagedArtefact where it is none."""
    try:
        return checked(json.loads(text), key)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedArtefact(
            f"artefact {key[:12]}: its manifest is damaged ({error}); run again to recompute it"
        ) from error


def checked(fields: Any, key: str) -> Manifest:
    """A manifest out of JSON. Raises ValueError, TypeError or KeyError unless it is one, and of this key."""
    manifest = Manifest(**fields)
    if manifest.key != key:
        raise ValueError(f"it is that of {str(manifest.key)[:12]!r}")
    texts = [
        manifest.step,
        *manifest.inputs,
        *manifest.inputs.values(),
        *manifest.versions,
        *manifest.versions.values(),
    ]
    if not all(isinstance(one, str) for one in texts) or not isinstance(manifest.identity, dict):
        raise TypeError("its fields have other types")
    for name, entry in manifest.files.items():
        if not name or name in (".", "..") or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} is no file of it")
        if type(entry["size"]) is not int or entry["size"] < 0 or not KEY.fullmatch(entry["sha256"]):
            raise ValueError(f"what it says of {name!r} cannot be")
    if not all(type(one) in (int, float) and abs(one) < LATEST for one in (manifest.seconds, manifest.created)):
        raise TypeError("its times are no numbers")
    return manifest


def pack_row(name: str, record: dict[str, Any]) -> str:
    """A row as the text of its file, with its name and a checksum."""
    return json.dumps({**record, NAME: name, CHECKSUM: _checksum(name, record)})


def read_row(path: Path) -> dict[str, Any]:
    """The row in a file. Raises StoreError where it cannot be read, is none, was changed, or is a copy of another."""
    try:
        return unpack_row(path.read_bytes(), str(path), path.stem)
    except OSError as error:
        raise unreadable(path, error) from error


def unpack_row(text: bytes, where: str, name: str) -> dict[str, Any]:
    """The row of a name in the text of its file. Raises StoreError where it is none, was changed, or is a copy."""
    cure = "delete it and run its experiment again"
    try:
        fields = json.loads(text)
        if CHECKSUM not in fields and "row" in fields:
            raise StoreError(f"{where} is a results row of an older version of outgrow; {cure}")
        found, said = fields.pop(CHECKSUM), fields.pop(NAME)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError(f"{where} is not a results row ({type(error).__name__}: {error}); {cure}") from error
    if said != name:
        raise StoreError(f"{where} is a copy of the results row {str(said)[:40]}.json: delete the copy")
    if found != _checksum(name, fields):
        raise StoreError(f"{where} was changed after it was written; {cure}")
    row: dict[str, Any] = fields
    return row


def _checksum(name: str, record: dict[str, Any]) -> str:
    text = json.dumps([name, record], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
