"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from outgrow.errors import OutgrowError


class Broken(OutgrowError, AssertionError):
    """A component breaks its contract; the message says what, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check has looked at.

    Args:
        passed: names of what holds.
        skipped: what could not be looked at, and why: data, weights or a package is not here.
    """

    passed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def demand(holds: object, message: str) -> None:
    """Raise `Broken` with the message unless it holds."""
    if not holds:
        raise Broken(message)
