"""Stores of finished steps and rows: a folder, or an address of a file system that fsspec knows."""

from __future__ import annotations

import os
from pathlib import Path

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError
from outgrow.store.folder.upkeep import Store
from outgrow.store.remote.address import is_url, local_path, mistake

__all__ = ["Store", "open_store"]


def open_store(address: str | Path, *, existing: bool = False) -> Artefacts:
    """The store in a folder, or at an address such as `s3://bucket/study`.

    Args:
        existing: whether it has to be there already.

    Raises:
        ConfigError: there can be none by this name. MissingDependency: its address needs a package.
        StoreError: it is not there though it has to be, or cannot be reached.
    """
    text = str(address)
    if why := mistake(text):
        raise ConfigError(f"no store can be called {text!r}: {why}")
    path = local_path(text)
    if isinstance(address, str) and path is None and is_url(text):
        from outgrow.store.remote.upkeep import RemoteStore

        store: Artefacts = RemoteStore(text)
    else:
        folder = Store(path or address)
        if os.path.exists(folder.root) and not os.path.isdir(folder.root) and not existing:
            raise ConfigError(f"cannot use {str(folder.root)!r} as a store: it is a file; choose another with --store")
        store = folder
    if existing:
        store.require()
    return store
