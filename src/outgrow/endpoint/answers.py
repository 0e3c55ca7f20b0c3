"""Answers of endpoints, kept by the content of what was asked, so that nothing is asked and paid for twice.

They lie in one file, `answers.sqlite`, in the folder of packs, for all stores. It holds hashes of requests, the first
letters of answers and their probabilities, but no text that was asked about, and no key.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from outgrow.endpoint.reading import is_answer
from outgrow.errors import StoreError
from outgrow.packs.cache import cache_folder
from outgrow.spec import digest

FILE = "answers.sqlite"
PATIENCE = 60.0  # seconds that another process may hold the file


def answers_file() -> Path:
    """Where they are kept; deleting it has everything asked anew."""
    return cache_folder() / FILE


def key_of(url: str, body: dict[str, Any]) -> str:
    """SHA-256 of an address and a request as it is meant, whatever of it the endpoint turns out not to know."""
    return digest({"url": url, "body": body})


class Answers:
    """A file of answers, used by several threads, and processes, at once; each is there as soon as it is put.

    Args:
        damaged: keys of what was no answer, and is taken for none.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._lock = path or answers_file(), threading.Lock()
        self.damaged: set[str] = set()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(
                self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )  # fmt: skip
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error
        try:
            self._run("create table if not exists answers (key text primary key, answer text) without rowid")
        except StoreError:
            self._file.close()
            raise

    def __enter__(self) -> Answers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._file.close()

    def get(self, key: str) -> dict[str, Any] | None:
        """What was answered, or None."""
        rows = self._run("select answer from answers where key = ?", key)
        if not rows:
            return None
        try:
            found = json.loads(rows[0][0])
        except (ValueError, TypeError, RecursionError):
            found = None
        if is_answer(found):
            return found  # type: ignore[no-any-return]
        self.damaged.add(key)
        return None

    def put(self, key: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep an answer, unless somebody has put another meanwhile; returns what is kept."""
        text = json.dumps(answer)
        self._run("insert or ignore into answers values (?, ?)", key, text)
        if found := self.get(key):
            return found
        self._run("replace into answers values (?, ?)", key, text)
        return answer

    def _run(self, statement: str, *values: str) -> list[Any]:
        try:
            with self._lock:
                return self._file.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> StoreError:
        return StoreError(
            f"answers of endpoints cannot be kept in {str(self._path)!r} ({error}); see to the disk, or delete the "
            "file if it is damaged: what it holds is then asked anew"
        )
