"""Files that must not be lost: written through to the disk, hashed, locked, and what is wrong with a disk in words."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import math
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from outgrow.errors import ConfigError, StoreError
from outgrow.others import holder

log = logging.getLogger(__name__)
BROKEN = (
    errno.EIO, errno.ESTALE, errno.EFBIG, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTEMPTY,
)  # fmt: skip
NOTICE = 5.0  # seconds after which somebody who waits is told for what


def own_path(path: str | Path) -> Path:
    """A path that a user gave. `~` is the home folder also where no shell put it there, as in `--store=~/runs`.

    A name that begins with `~` otherwise is made absolute: libraries that read the files would expand it differently.
    """
    found = os.path.expanduser(path)
    return Path(os.path.abspath(found) if found.startswith("~") else found)


@contextlib.contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Say plainly what is wrong with the store's disk; errors about files elsewhere are not the store's."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        name = (error.filename2 if full else None) or error.filename  # of a file that is copied, where it was to go
        if isinstance(name, str | Path) and not Path(name).absolute().is_relative_to(root.absolute()):
            raise
        if full:
            free = shutil.disk_usage(root).free
            raise StoreError(
                f"the disk of {str(root)!r} is full ({free:,} bytes free); "
                "what was finished is kept: free some space and run again"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise StoreError(
                f"cannot write to the store {str(root)!r}: {error.strerror}; choose another with --store"
            ) from error
        if error.errno in BROKEN and name is not None:
            raise StoreError(f"the store {str(root)!r} does not work: {name!r}: {error.strerror}") from error
        raise


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False, patience: float = math.inf, whose: str = "") -> Iterator[bool]:
    """Hold a lock file inside the block, and tell whether it is held.

    A link in the file's place is refused: whoever made it could have a file elsewhere opened.

    Args:
        patience: seconds to wait at most for whoever else holds it; 0 is one try.
        whose: who else can hold it, in words: told, with the process, after some seconds of waiting.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR):
            what = "a link" if error.errno == errno.ELOOP else "a folder"
            raise StoreError(f"{str(path)!r} is {what}: delete it; a lock is a file of its own") from None
        raise
    try:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        yield _try(handle, mode) or _wait(handle, mode, patience, whose or f"the lock {str(path)!r}")
    finally:
        os.close(handle)


def _try(handle: int, mode: int) -> bool:
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(handle: int, mode: int, patience: float, whose: str) -> bool:
    """Until the lock is held, or patience ends. It is free as soon as its holder ends, however that ends."""
    began, pause, told = time.monotonic(), 0.005, False
    while (waited := time.monotonic() - began) < patience:
        if waited >= NOTICE and not told:
            log.warning("waiting for %s%s", whose, holder(handle))
            told = True
        if told and patience == math.inf:
            fcntl.flock(handle, mode)
            return True
        time.sleep(min(pause, patience - waited))
        if _try(handle, mode):
            return True
        pause = min(0.1, 1.5 * pause)
    return False


def unreadable(path: Path, error: OSError, *, kept: str = "") -> StoreError:
    """What to say of a file or folder that cannot be read, which need not be its own fault."""
    return StoreError(f"{str(path)!r} cannot be read ({error.strerror}){kept}; see to the disk and who owns it")


def beside(path: Path) -> Path:
    """A place in the folder of a file, for what becomes it when it is whole; nobody else can have guessed it."""
    return path.parent / f".{uuid.uuid4().hex}.partial{path.suffix[:20]}"


def write_whole(
    path: Path, content: str | Callable[[IO[bytes]], None], *, what: str, follow: bool = True,
    cure: str = "choose another file with --out",
) -> Path:  # fmt: skip
    """Write a file whole or not at all, though others write it at once. Returns `path`.

    Args:
        content: its text, halves of surrogate pairs spelt, or what writes into the open file that it is given.
        what: it is, for the error.
        follow: write the file that a link of this name leads to, as for a name that the user gave; or replace the link.
        cure: what else to do where it cannot be written.

    Raises:
        ConfigError: it cannot be written there.
    """
    try:
        target = Path(os.path.realpath(path)) if follow else path
    except ValueError as error:  # NUL, half a surrogate pair
        raise ConfigError(f"no file can be called {str(path)!r} ({error}); {cure}") from None
    partial = beside(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        if follow and os.path.exists(target) and not os.path.isfile(target):  # a pipe, a terminal
            with open(target, "wb") as stream:
                _put(content, stream)
            return path
        with os.fdopen(os.open(partial, flags, 0o666), "wb") as file:
            try:
                _put(content, file)
                file.flush()
                os.replace(partial, target)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write {what} to {str(path)!r}: {error.strerror}; {cure}") from error
    return path


def _put(content: str | Callable[[IO[bytes]], None], file: IO[bytes]) -> None:
    if callable(content):
        content(file)
    else:
        file.write(content.encode("utf-8", "backslashreplace"))


def reserve(file: IO[bytes], size: int) -> None:
    """Make a new file so large, with room on the disk for all of it.

    Whoever writes into a mapped file whose disk is full is killed by the system, in place of an error.
    """
    file.truncate(size)
    if hasattr(os, "posix_fallocate") and size:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # the file system has no such thing
                raise


def sync(path: Path) -> None:
    """Write a file or folder through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, however deep; links are not followed."""
    return sum(
        os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(folder) for name in names
    )  # fmt: skip
