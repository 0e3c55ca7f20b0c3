"""Addresses of remote stores: checked before anything is opened, and free of secrets, as they are shown."""

from __future__ import annotations

import os
import re
from typing import Any

from outgrow.errors import ConfigError, MissingDependency

URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
FOLDERS = ("file", "local")
EXTRAS = {"s3": "pip install 'outgrow[s3]'", "s3a": "pip install 'outgrow[s3]'"}


def is_url(address: str) -> bool:
    """Whether it is an address of a file system of fsspec, and no path of a folder here."""
    return "::" in address.partition("/")[0] or URL.fullmatch(address) is not None


def local_path(address: str) -> str | None:
    """The path in `file://...`; None where it is another address."""
    found = URL.fullmatch(address)
    return found[2] if found and found[1].lower() in FOLDERS and found[2].startswith("/") else None


def mistake(address: str) -> str:
    """Why the name of a folder is probably meant to be something else, and what; empty where it is not."""
    if not address.strip():
        return "the name is empty; give a folder, or an address such as s3://bucket/study"
    if found := re.fullmatch(r"(s3a?|gs|gcs|az|abfss?|memory|file|local):/?([^/].*)", address):
        meant = f"{found[1]}://{'/' * (found[1] in FOLDERS)}{found[2]}"
        return f"an address is text with two slashes after its colon; did you mean {meant!r}?"
    if re.match(r"(file|local)://[^/]", address, re.IGNORECASE):
        return "after file:// comes a whole path, as in file:///home/me/study; or give the path alone"
    if os.name == "posix" and re.match(r"[A-Za-z]:[\\/]|\\\\", address):
        return "that is a path of Windows; within its Linux, drive C is the folder /mnt/c"
    return ""


def checked(address: str) -> tuple[str, str]:
    """Scheme and path of an address. Raises ConfigError where it is none, or holds what belongs to the environment."""
    found = URL.fullmatch(address)
    if "::" in address or found is None:
        raise ConfigError(f"{_shown(address)!r} is no address of a store: write s3://bucket/study, or a folder")
    scheme, rest = found[1].lower(), found[2]
    if "@" in rest.partition("/")[0] or "?" in rest or "#" in rest:
        raise ConfigError(
            f"the store {_shown(address)!r} holds more than a place: user, password, keys and options belong into the "
            "environment, such as AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL, or into the configuration of fsspec"
        )
    parts = rest.strip("/").split("/")
    if any(one in ("", ".", "..") for one in parts) or rest.startswith("/") or not rest.isprintable():
        raise ConfigError(f"{address!r} is no address of a store: it takes a bucket and a name, as s3://bucket/study")
    return scheme, "/".join(parts)


def file_system(scheme: str) -> Any:
    """The file system of fsspec for a scheme. Raises ConfigError, and MissingDependency."""
    import fsspec
    from fsspec.registry import known_implementations

    try:
        fsspec.get_filesystem_class(scheme)
    except ValueError:
        raise ConfigError(
            f"no store can be at {scheme}://: fsspec knows no such file system; there are s3, gs, az and others, or "
            "give a folder"
        ) from None
    except ImportError as error:
        known = known_implementations.get(scheme, {}).get("err", "")
        cure = EXTRAS.get(scheme, known or str(error))
        raise MissingDependency(f"a store at {scheme}:// needs a package that is not installed: {cure}") from error
    return fsspec.filesystem(scheme, use_listings_cache=False)


def _shown(address: str) -> str:
    """An address without what may be secret in it."""
    bare = re.split(r"[?#]", address)[0]
    return re.sub(r"//[^/]*@", "//...@", bare)
