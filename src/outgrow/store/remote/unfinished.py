"""Files of work that is not finished, in a remote store: whoever goes on with it may be on another machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from outgrow.disk import sha256
from outgrow.store.manifests import KEY, check_key, check_name
from outgrow.store.remote.base import UNFINISHED, Base


class Unfinished(Base):
    """What is kept by key, as it was listed when this process began with a key.

    Of most steps nothing is ever kept: one listing of all keys saves a question for each of them.
    """

    def _open(self) -> None:
        super()._open()
        self._kept = dict[str, dict[str, float]]()  # when the files of a key were written, by name and checksum
        self._keys: set[str] | None = None  # those of which anything was kept when this process first asked

    def keep_unfinished(self, key: str, name: str, write: Callable[[Path], None]) -> None:
        """Keep a file of work that is not finished, whole or not at all, in the place of the one of this name."""
        self.create()
        folder, before = _folder(key), self._of(key, check_name(name))
        with self._cache.partial() as partial:
            write(partial / name)
            kept = f"{name}.{sha256(partial / name)}"
            self.bucket.upload({folder + kept: partial / name})
        gone = [one for one in before if one != kept]
        self.bucket.remove(folder + one for one in gone)
        self._kept[key] = {one: when for one, when in self._kept[key].items() if one not in gone} | {kept: float("inf")}

    def unfinished(self, key: str, name: str) -> Path | None:
        """A file that was kept, its checksum verified; None where there is none, or it is damaged."""
        for one in self._of(check_key(key), check_name(name)):
            path, wanted = self._cache.root / UNFINISHED / key / one, one.rpartition(".")[2]
            with contextlib.suppress(OSError):
                if not path.is_symlink() and sha256(path) == wanted:
                    return path
            with contextlib.suppress(FileNotFoundError), self._cache.partial() as partial:
                self.bucket.download({_folder(key) + one: partial / name})
                if sha256(partial / name) == wanted:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(partial / name, path)
                    return path
        return None

    def drop_unfinished(self, key: str) -> None:
        """Delete all files that were kept for a key."""
        if self._keys is None:
            self._keys = {name.partition("/")[0] for name in self.bucket.listed(UNFINISHED)}
        if check_key(key) in self._keys:
            self._of(key, "")
            self._keys.discard(key)
        if kept := self._kept.pop(key, None):
            self.bucket.remove(_folder(key) + one for one in kept)
        shutil.rmtree(self._cache.root / _folder(key), ignore_errors=True)

    def _look_again(self, key: str) -> None:
        """Another process may have kept something for a key."""
        self._kept.pop(key, None)

    def _of(self, key: str, name: str) -> list[str]:
        """What is kept by a name, newest first."""
        folder = _folder(key)
        if key not in self._kept:
            self._kept[key] = {one: seen.written for one, seen in self.bucket.listed(folder).items()}
        pattern, kept = re.compile(rf"{re.escape(name)}\.{KEY.pattern}"), self._kept[key]
        return sorted((one for one in kept if pattern.fullmatch(one)), key=lambda one: -kept[one])


def _folder(key: str) -> str:
    return f"{UNFINISHED}{check_key(key)}/"
