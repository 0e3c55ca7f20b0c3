"""Objects on S3 and what speaks like it: every write on a condition is the server's, and each call is one request."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from outgrow.errors import StoreError
from outgrow.plain import counted
from outgrow.store.remote.bucket import Bucket, Listed
from outgrow.store.remote.troubles import Conflict, tried

T = TypeVar("T")
AT_ONCE = 32  # requests
DIGITS = "123456789abcdef"
PAGE = 1000  # objects that one request can delete


class S3Bucket(Bucket):
    """A bucket of S3, or the part of it below a name."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._bucket, _, self._prefix = self.path.partition("/")
        self._prefix += "/" if self._prefix else ""

    def tagged(self, name: str) -> tuple[bytes, str] | None:
        try:
            return self._run(lambda: self._get(name))
        except FileNotFoundError:
            return None

    def several(self, names: Iterable[str]) -> dict[str, bytes]:
        async def get(name: str) -> tuple[str, bytes | None]:
            try:
                return name, (await self._get(name))[0]
            except FileNotFoundError:
                return name, None

        wanted = list(names)
        found = self._run(lambda: _at_once([partial(get, name) for name in wanted]))
        return {name: content for name, content in found if content is not None}

    def has(self, name: str) -> bool:
        try:
            self._run(lambda: self._call("head_object", Key=self._key(name)))
        except FileNotFoundError:
            return False
        return True

    def put(self, name: str, content: bytes) -> None:
        self._run(lambda: self._call("put_object", Key=self._key(name), Body=content))

    def listed(self, prefix: str) -> dict[str, Listed]:
        """One listing; where it is long, its parts by the first digits of keys are asked for at once."""
        return self._run(lambda: self._list(self._key(prefix)))

    async def _list(self, folder: str) -> dict[str, Listed]:
        found, last = await self._pages(folder, most=1)
        if last:
            ends = [folder + digit for digit in DIGITS if folder + digit > last]
            parts = [partial(self._pages, folder, after=after, end=end) for after, end in pairwise([last, *ends, ""])]
            for part, _ in await _at_once(parts):
                found |= part
        return found

    async def _pages(
        self, folder: str, *, after: str = "", end: str = "", most: float = math.inf
    ) -> tuple[dict[str, Listed], str]:
        """Objects of a folder after one name, up to another ("" is none); and the last name if there are more pages."""
        found: dict[str, Listed] = {}
        while True:
            page = await self._call("list_objects_v2", Prefix=folder, StartAfter=after)
            for one in page.get("Contents", []):
                if end and one["Key"] > end:
                    return found, ""
                after = one["Key"]
                found[after[len(folder) :]] = Listed(
                    size=one["Size"], tag=one["ETag"], written=one["LastModified"].timestamp()
                )
            most -= 1
            if not page.get("IsTruncated") or most <= 0:
                return found, after if page.get("IsTruncated") else ""

    def remove(self, names: Iterable[str]) -> None:
        keys = [{"Key": self._key(name)} for name in names]
        for start in range(0, len(keys), PAGE):
            some = {"Objects": keys[start : start + PAGE], "Quiet": True}
            answer = self._run(partial(self._call, "delete_objects", Delete=some))
            if left := answer.get("Errors"):
                raise StoreError(
                    f"the store {self.address!r} does not work: {counted(len(left), 'object')} could not be deleted "
                    f"({left[0].get('Code', '')})"
                )

    def remove_own(self, name: str, tag: str) -> None:
        with contextlib.suppress(FileNotFoundError, Conflict):
            self._run(lambda: self._call("delete_object", Key=self._key(name), IfMatch=tag))

    def move(self, names: Mapping[str, str]) -> None:
        async def copy(old: str, new: str) -> str:
            try:
                await self._fs._cp_file(self.full(old), self.full(new))
            except FileNotFoundError:
                return ""
            return old

        copied = self._run(lambda: _at_once([partial(copy, *pair) for pair in names.items()]))
        self.remove([one for one in copied if one])

    def upload(self, files: Mapping[str, Path]) -> None:
        """Small files are one request each; large ones go in parts."""
        put = self._fs._put_file
        self._run(lambda: _at_once([partial(put, str(path), self.full(name)) for name, path in files.items()]))

    def download(self, files: Mapping[str, Path]) -> None:
        get = self._fs._get_file
        self._run(lambda: _at_once([partial(get, self.full(name), str(path)) for name, path in files.items()]))

    def _create(self, name: str, content: bytes) -> str:
        return self._write(name, content, IfNoneMatch="*")

    def _replace(self, name: str, content: bytes, tag: str) -> str:
        return self._write(name, content, IfMatch=tag)

    def _write(self, name: str, content: bytes, **condition: str) -> str:
        done = self._sync(self._call("put_object", Key=self._key(name), Body=content, **condition))
        return str(done["ETag"])

    def _key(self, name: str) -> str:
        return self._prefix + name

    async def _call(self, method: str, **options: Any) -> Any:
        return await self._fs._call_s3(method, Bucket=self._bucket, **options)

    async def _get(self, name: str) -> tuple[bytes, str]:
        answer = await self._call("get_object", Key=self._key(name))
        async with answer["Body"] as body:
            return await body.read(), answer["ETag"]

    def _run(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return tried(self.address, lambda: self._sync(make()))

    def _sync(self, call: Coroutine[Any, Any, T]) -> T:
        from fsspec.asyn import sync

        async def run() -> T:
            return await call

        found: T = sync(self._fs.loop, run)
        return found


async def _at_once(calls: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """What all calls return. An error of one is raised when all others have ended."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with gate:
            return await call()

    found = await asyncio.gather(*map(one, calls), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return list(found)  # type: ignore[arg-type]
