"""Forgetting rows of the results table; what they rest on stays until garbage is collected."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError, StoreError
from outgrow.results.columns import select
from outgrow.results.records import records_by_name
from outgrow.results.table import Record
from outgrow.spec import digest

DAY = 24 * 3600.0


def forget(
    store: Artefacts, *, failed: bool = False, where: Sequence[str] = (), key: str = "", dry_run: bool = False
) -> list[Record]:
    """Remove rows and return them: those that fit every condition; without any, failed ones older than a day.

    Args:
        failed: only rows that failed, of whatever age.
        where: `column=value` conditions.
        key: how the key of the rows begins, as the results table has it.
        dry_run: remove nothing.

    Raises:
        ConfigError: a condition is none, or fits no row.
    """
    named = records_by_name(store)
    if key and not re.fullmatch(r"[0-9a-f]{4,64}", key):
        raise ConfigError(f"--key {key!r}: write the first 4 or more of a key's 64 hexadecimal digits")
    chosen = {id(one) for one in select([*named.values()], where)}
    found = {name: one for name, one in named.items() if id(one) in chosen and one.row.key.startswith(key)}
    if key and not found:
        raise ConfigError(f"--key {key!r}: no row has a key that begins so (outgrow results --format csv shows keys)")
    if failed:
        found = {name: one for name, one in found.items() if one.failure}
    elif not (where or key):
        now = time.time()
        found = {name: one for name, one in found.items() if one.failure and now - store.row_written(name) > DAY}
    if not dry_run:
        for name in found:
            store.forget_result(name)
    return list(found.values())


def supersede(store: Artefacts, records: Sequence[Record]) -> None:
    """Remove failed rows of the same experiment, settings and seed as one of `records` that has succeeded.

    They have other keys where what was wrong lay in the data, whose content is part of a key.
    """
    done = {_wanted(one) for one in records if not one.failure}
    keys = {one.row.key for one in records}
    with contextlib.suppress(StoreError):  # a damaged row is told of where rows are read for their own sake
        _remove_failed(store, done, keys)


def _remove_failed(store: Artefacts, done: set[str], keys: set[str]) -> None:
    for name, one in records_by_name(store).items():
        if one.failure and one.row.key not in keys and _wanted(one) in done:
            store.forget_result(name)


def _wanted(record: Record) -> str:
    return digest([record.row.experiment, record.row.seed, record.settings])
