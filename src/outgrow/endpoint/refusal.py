"""Which field of a request an endpoint does not take, by what it says of a request that it rejects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

RENAMED = {"max_tokens": "max_completion_tokens"}  # what some models of OpenAI take in its place
NEEDLESS = {"logprobs": ("logprobs", "top_logprobs"), "seed": ("seed",), "max_tokens": ("max_tokens",)}
"""What a request can do without, or say otherwise, and all that goes with it."""
FIELD = re.compile(r"\b(top_logprobs|logprobs|seed|max_tokens)\b", re.IGNORECASE)
BOUND = re.compile(
    r"too (large|big|high|many|much|long|small|low|few)|at (most|least)|(max|min)imum|exceed|range|between|must be|"
    r"(less|fewer|more|greater|larger|smaller|lower|higher) than|(above|below)_m",
    re.IGNORECASE,
)  # words of who takes a field, but not this value of it: which is the user's to change


def words_of(said: Any) -> str:
    """An error in words, out of what they are wrapped in; "" for None."""
    for name in ("error", "message", "detail"):
        said = said.get(name, said) if isinstance(said, dict) else said
    return said if isinstance(said, str) else "" if said is None else json.dumps(said)


def refused_fields(said: Any) -> list[str]:
    """Names out of NEEDLESS that an error says are not taken, as it names them; none where it minds their values.

    What an error points at (`param` of OpenAI, `loc` of FastAPI) counts before its words, which may quote a text.
    """
    words = json.dumps(said)
    if BOUND.search(words):
        return []
    named = list(_pointed(said)) or [name.lower() for name in FIELD.findall(words)]
    return [field for name in named for field, all_of_it in NEEDLESS.items() if name in all_of_it]


def without_fields(body: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """A request without some of NEEDLESS, or with their other names."""
    gone = {name for field in fields for name in NEEDLESS[field]}
    renamed = {RENAMED[field]: body[field] for field in fields if field in RENAMED and field in body}
    return {name: value for name, value in body.items() if name not in gone} | renamed


def changes(fields: dict[str, str]) -> list[str]:
    """What is left out of requests, or renamed, and why, in words."""
    return [
        f"requests go without {' and '.join(NEEDLESS[field])}"
        f"{f', with {RENAMED[field]} in its place' if field in RENAMED else ''}, as {why}"
        for field, why in fields.items()
    ]


def _pointed(said: Any) -> Iterator[str]:
    """The fields that an error points at."""
    if isinstance(said, list):
        for one in said:
            yield from _pointed(one)
    elif isinstance(said, dict):
        loc = said.get("loc")
        for name in (said.get("param"), loc[-1] if isinstance(loc, list) and loc else None):
            if isinstance(name, str) and name:
                yield name.rsplit(".")[-1]
        for inner in ("error", "message", "detail"):
            yield from _pointed(said.get(inner))
