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
    from outgrow.cli.display import listing, say

    if kind is None:
        names = {one: [name for name, _, _ in _rows(one)] for one in KINDS}
        listing([((one, str(len(some))), f"such as {', '.join(some[:4])}") for one, some in names.items()], right=(1,))
        say()
        say("`outgrow list KIND` tells what each is.")
        return
    listing([((name,), f"{about} [{source}]") for name, about, source in _rows(kind)])


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
    from outgrow.cli.display import listing
    from outgrow.cli.doctor import examine

    listing([((name,), finding) for name, finding in examine(store)])
