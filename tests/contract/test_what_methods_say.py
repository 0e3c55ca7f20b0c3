"""Whoever chooses a method is told where it cannot help: the page of each says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from outgrow.methods.base import methods
from outgrow.methods.losses.base import losses
from outgrow.methods.selections.base import selections
from outgrow.methods.transforms.base import transforms
from outgrow.registry import Entry

LIMIT = re.compile(r"cannot\s+help|can\s+help\s+only|can\s+only\s+help|no\s+gain")
SAID_ELSEWHERE = {"cross_entropy"}  # the loss of `naive`
PIECES: list[Entry[Any]] = [
    entry
    for registry in (methods, transforms, selections, losses)
    for entry in registry
    if entry.module.startswith("outgrow.") and entry.name not in SAID_ELSEWHERE
]


def test_all_are_looked_at() -> None:
    assert len(PIECES) >= 50


@pytest.mark.parametrize("entry", PIECES, ids=lambda entry: entry.name)
def test_a_method_says_where_it_cannot_help_and_where_it_comes_from(entry: Entry[Any]) -> None:
    assert LIMIT.search(entry.value.__doc__ or ""), f"{entry.module}: the docstring has no word of where it cannot help"
    assert entry.source


def test_a_page_without_limits_would_be_seen() -> None:
    assert not LIMIT.search("Cross-entropy on the weak labels, which helps.")
