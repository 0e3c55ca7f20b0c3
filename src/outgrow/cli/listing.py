"""The command line's `list` and `doctor`: what there is."""

from __future__ import annotations

from typing import Annotated

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.registry import KINDS as REGISTERED
from outgrow.registry import registry

KINDS = (*REGISTERED, "experiments", "packs")


def list_(
    kind: Annotated[str | None, typer.Argument(help=" | ".join(KINDS), metavar="[KIND]", show_default=False)] = None,
) -> None:
    """List what can be named in an experiment, each with a description and its source; without a kind, the kinds."""
    if kind is None:
        for one in KINDS:
            names = [name for name, _, _ in _rows(one)]
            print(f"{one:12} {len(names):3}, such as {', '.join(names[:4])}")
        print("\n`outgrow list KIND` tells what each is.")
        return
    rows = _rows(kind)
    width = max(len(row[0]) for row in rows)
    for name, about, source in rows:
        print(f"{name:{width}}  {about} [{source}]")


def _rows(kind: str) -> list[tuple[str, str, str]]:
    """Name, description and source of everything of a kind."""
    if kind == "experiments":
        import tomllib

        from outgrow.config import shipped_experiments

        shipped = shipped_experiments().items()
        return [(name, str(tomllib.loads(text).get("about", "")), "shipped") for name, text in shipped]
    if kind == "packs":
        from outgrow.packs import PACKS

        return [(pack.name, pack.about, pack.source) for pack in PACKS.values()]
    if kind in REGISTERED:
        return [(entry.name, entry.about, entry.source) for entry in registry(kind)]
    raise ConfigError(f"cannot list {kind!r}; choose one of {', '.join(KINDS)}")


def doctor(store: StoreOption = DEFAULT_STORE) -> None:
    """Tell what this machine can do."""
    from outgrow.cli.doctor import examine

    for name, finding in examine(store):
        print(f"{name:14} {finding}")
