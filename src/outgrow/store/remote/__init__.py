"""Stores that are not on this machine: objects at an address of fsspec, read through copies here."""

from outgrow.store.remote.address import is_url, local_path
from outgrow.store.remote.upkeep import RemoteStore

__all__ = ["RemoteStore", "is_url", "local_path"]
