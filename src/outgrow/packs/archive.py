"""Reading chosen members of an archive, never unpacking it: no name from inside becomes a path on disk."""

from __future__ import annotations

import contextlib
import errno
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from outgrow.errors import DataError

MEBIBYTE = 2**20
# what zipfile and tarfile say of a method that there is not, of a member that seems encrypted, of fields that cannot
# be, and before Python 3.11.4 of a first block that is none
ODD = (NotImplementedError, RuntimeError, ValueError, TypeError, AttributeError, struct.error)


def read(archive: Path, member: str, *, limit: int = 64 * MEBIBYTE) -> bytes:
    """The content of one member of a zip file, of at most `limit` bytes. Raises DataError if it is not there."""
    with _open(archive, member, limit) as zipped, zipped.open(member) as file:
        return file.read()


def copy(archive: Path, member: str, to: Path, *, limit: int = 256 * MEBIBYTE) -> None:
    """Write one member of a zip file, of at most `limit` bytes, to a path of our own choosing."""
    with _open(archive, member, limit) as zipped, zipped.open(member) as file, to.open("xb") as out:
        shutil.copyfileobj(file, out, MEBIBYTE)


def stream(archive: Path, wanted: Callable[[str], bool], *, limit: int = 64 * MEBIBYTE) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted regular files of a gzipped tar file, in their order there, in one pass."""
    with _damage(archive), tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if not member.isfile() or not wanted(member.name):
                continue
            if member.size > limit:
                raise _too_large(archive, member.name, member.size, limit)
            file = tar.extractfile(member)
            assert file is not None, "a regular file can be read"
            yield member.name, file.read()


@contextlib.contextmanager
def _open(archive: Path, member: str, limit: int) -> Iterator[zipfile.ZipFile]:
    with _damage(archive), zipfile.ZipFile(archive) as zipped:
        try:
            size = zipped.getinfo(member).file_size  # zipfile never gives more than this size, whatever is packed
        except KeyError:
            raise missing(archive, member) from None
        if size > limit:
            raise _too_large(archive, member, size, limit)
        yield zipped


@contextlib.contextmanager
def _damage(archive: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk; a place that no file can have is the archive's fault
            raise
        raise DataError(f"{archive.name} is damaged or cut short ({error}); fetch the pack again") from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, *ODD) as error:
        raise DataError(f"{archive.name} is damaged or cut short ({error}); fetch the pack again") from error


def missing(archive: Path, member: str) -> DataError:
    """The error for a member that ought to be in an archive."""
    return DataError(f"{archive.name} holds no {member!r}: its pack is described wrongly or was pinned from another")


def _too_large(archive: Path, member: str, size: int, limit: int) -> DataError:
    return DataError(f"{member!r} in {archive.name} says it has {size:,} bytes, over the limit of {limit:,}")
