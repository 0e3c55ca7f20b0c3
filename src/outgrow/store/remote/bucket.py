"""Objects below an address by name, on any file system of fsspec that can write what is not there yet.

A write on a condition is all that runs on several machines have in common to agree by. `create` has it from the file
system (fsspec's `mode="create"`). `replace` is exact within a process, and on S3 (s3.py); elsewhere two runs that
replace the same object in the same instant may both think that they did.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from outgrow.errors import ConfigError, StoreError
from outgrow.store.remote.address import checked, file_system
from outgrow.store.remote.troubles import Conflict, is_conflict, tried

_one_at_a_time = threading.Lock()
TAGS = ("ETag", "etag", "md5Hash", "content_md5")
TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object as a listing shows it: bytes, a tag that changes with it ("" if none), and when, by the server."""

    size: int
    tag: str
    written: float


class Bucket:
    """Objects by name below an address. Errors are in words; nothing is cached."""

    def __init__(self, address: str) -> None:
        self.scheme, self.path = checked(address)
        self.address = f"{self.scheme}://{self.path}"
        self._fs = file_system(self.scheme)
        if not self.can_create:
            raise ConfigError(
                f"no store can be at {self.scheme}://: it has no write that fails where something is there already, so "
                "runs cannot agree who computes what; take s3, gs, az, or a folder, mounted if need be"
            )

    @property
    def can_create(self) -> bool:
        """Whether the file system has a way of its own to write only what is not there."""
        from fsspec import AbstractFileSystem
        from fsspec.asyn import AsyncFileSystem

        kind = type(self._fs)
        own = getattr(kind, "_pipe_file", None) if issubclass(kind, AsyncFileSystem) else kind.pipe_file
        return own not in (AbstractFileSystem.pipe_file, AsyncFileSystem._pipe_file, None)

    def full(self, name: str) -> str:
        """The path of an object as the file system takes it."""
        return f"{self.path}/{name}"

    def get(self, name: str) -> bytes | None:
        """An object's content; None where there is none."""
        found = self.tagged(name)
        return found[0] if found else None

    def tagged(self, name: str) -> tuple[bytes, str] | None:
        """An object's content, and the tag by which it can be replaced; None where there is none."""
        try:
            content: bytes = tried(self.address, lambda: self._fs.cat_file(self.full(name)))
        except FileNotFoundError:
            return None
        return content, hashlib.sha256(content).hexdigest()

    def several(self, names: Iterable[str]) -> dict[str, bytes]:
        """The contents of those that are there, asked for at once."""
        found = {name: self.get(name) for name in names}
        return {name: content for name, content in found.items() if content is not None}

    def has(self, name: str) -> bool:
        """Whether there is such an object."""
        return bool(tried(self.address, lambda: self._fs.exists(self.full(name))))

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole or not at all, in the place of the one that is there."""
        tried(self.address, lambda: self._fs.pipe_file(self.full(name), content))

    def create(self, name: str, content: bytes) -> str | None:
        """Write an object that is not there yet; its tag, or None where there is one of other content.

        Equal content counts as written: an answer that was lost on the way makes one try again.
        """
        try:
            return tried(self.address, lambda: self._create(name, content))
        except Conflict:
            found = self.tagged(name)
            return found[1] if found and found[0] == content else None

    def replace(self, name: str, content: bytes, tag: str) -> str | None:
        """Write an object in the place of the one with this tag; its tag, or None where that is gone or another."""
        try:
            return tried(self.address, lambda: self._replace(name, content, tag))
        except (Conflict, FileNotFoundError):
            found = self.tagged(name)
            return found[1] if found and found[0] == content else None

    def listed(self, prefix: str) -> dict[str, Listed]:
        """All objects whose names begin with a folder's (ends in `/`), by what follows."""

        def find() -> dict[str, Any]:
            self._fs.invalidate_cache()
            found: dict[str, Any] = self._fs.find(self.full(prefix).rstrip("/"), detail=True)
            return found

        try:
            found = tried(self.address, find)
        except FileNotFoundError:
            return {}
        bare = self._fs._strip_protocol(self.full(prefix)).rstrip("/") + "/"
        return {name.removeprefix(bare): self._seen(info) for name, info in found.items() if name.startswith(bare)}

    def upload(self, files: Mapping[str, Path]) -> None:
        """Write files as objects, several at once."""
        if files:
            there = [self.full(name) for name in files]
            tried(self.address, lambda: self._fs.put([str(path) for path in files.values()], there))

    def download(self, files: Mapping[str, Path]) -> None:
        """Write objects as files, several at once. Raises FileNotFoundError where one is not there."""
        if files:
            there = [self.full(name) for name in files]
            tried(self.address, lambda: self._fs.get(there, [str(path) for path in files.values()]))

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are not there are no error."""
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                tried(self.address, partial(self._fs.rm_file, self.full(name)))

    def remove_own(self, name: str, tag: str) -> None:
        """Remove an object if it has this tag still."""
        with _one_at_a_time:
            found = self.tagged(name)
            if found and found[1] == tag:
                self.remove([name])

    def move(self, names: Mapping[str, str]) -> None:
        """Give objects other names; those that are not there are no error."""
        for old, new in names.items():
            try:
                tried(self.address, partial(self._fs.copy, self.full(old), self.full(new)))
            except FileNotFoundError:
                continue
            self.remove([old])

    def refusal(self, name: str) -> str:
        """Try both writes on a condition on an object, which is made if need be; in words, if one is not kept."""
        tried(self.address, lambda: self._try_to_create(name))
        if tried(self.address, lambda: self._try_to_create(name)):
            return "writes over an object that is there although it was asked not to"
        try:
            tried(self.address, lambda: self._replace(name, b"{}", '"0123456789abcdef"'))
        except (Conflict, FileNotFoundError):
            return ""
        return "replaces an object although it is not the one that it was asked to replace"

    def _try_to_create(self, name: str) -> bool:
        try:
            self._create(name, json.dumps({"store": "outgrow", "made": uuid.uuid4().hex}).encode())
        except Exception as error:
            if is_conflict(error):
                return False
            raise
        return True

    def _create(self, name: str, content: bytes) -> str:
        with _one_at_a_time:
            self._fs.pipe_file(self.full(name), content, mode="create")
        return hashlib.sha256(content).hexdigest()

    def _replace(self, name: str, content: bytes, tag: str) -> str:
        with _one_at_a_time:
            if hashlib.sha256(self._fs.cat_file(self.full(name))).hexdigest() != tag:
                raise Conflict
            self._fs.pipe_file(self.full(name), content)
        return hashlib.sha256(content).hexdigest()

    def _seen(self, info: Mapping[str, Any]) -> Listed:
        tag = next((str(info[one]) for one in TAGS if info.get(one)), "")
        when = next((info[one] for one in TIMES if info.get(one)), None)
        if isinstance(when, str):
            when = datetime.fromisoformat(when)
        if when is None:
            raise StoreError(f"the store {self.address!r} does not tell when its objects were written, as it has to")
        written = when.timestamp() if isinstance(when, datetime) else float(when)
        return Listed(size=int(info["size"]), tag=tag, written=written)
