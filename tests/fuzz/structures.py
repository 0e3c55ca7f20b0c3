"""Damage to values: JSON whose types, keys and sizes change, and odd texts and cells."""

from __future__ import annotations

import json
import math
from typing import Any

from tests.fuzz.case import Rng

TEXTS: tuple[str, ...] = (
    "", " ", "\n", "\0", "a\0b", "\ufeff", "\u2028", "\x85", "\u202e", "\x1b[2J", "\x1b]0;x\x07", "\r", "a\rb", "\t",
    '"', '""', "'", "\\", ",", ";", "{", "}", "{text}", "{0}", "{x!r}", "[b]", "[/b]", "[/", "<b>", "&amp;", "%s",
    "nan", "NaN", "inf", "1e999", "-1", "0", "1", "1.0", "01", "true", "True", "false", "null", "None", "yes", "\u0661",
    "\u00b2", "1_000", "9" * 400, "../../x", "/etc/passwd", "~", "~nobody/x", "$HOME", "con", ".", "..", "a/b",
    "e\u0301", "\u00e9", "\U0001f600", "x" * 5_000, "=1+1", "label", "text", "id", "0.5", "\ud800", "\udcff",
    "\x7f", "\x9b",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, -1, 2, 0.0, -0.0, 1.0, 0.5, 1e-320, 1e308, -1e308, math.inf, -math.inf, math.nan, 2**31, 2**53 + 1, 2**63,
    2**64, -(2**63) - 1, 10**30, 10**400, True, False,
)  # fmt: skip


def text(rng: Rng) -> str:
    """An odd text, or one of odd letters."""
    if rng.random() < 0.7:
        return rng.choice(TEXTS)
    return "".join(chr(rng.choice((rng.randrange(32, 127), rng.randrange(256), rng.randrange(0xD7FF)))) for _ in range(
        rng.randrange(12)
    ))  # fmt: skip


def value(rng: Rng, depth: int = 2) -> Any:
    """Anything that JSON can say."""
    kind = rng.randrange(10 if depth else 7)
    if kind < 3:
        return text(rng)
    if kind < 6:
        return rng.choice(NUMBERS)
    if kind == 6:
        return None
    if kind == 7:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 8:
        return {text(rng): value(rng, depth - 1) for _ in range(rng.randrange(4))}
    return nested(rng)


def nested(rng: Rng) -> Any:
    """A list or table within a list or table, and so on, deep enough for recursion to notice."""
    found: Any = rng.choice(NUMBERS)
    for _ in range(rng.choice((5, 60, 180))):
        found = [found] if rng.random() < 0.5 else {"a": found}
    return found


def altered(rng: Rng, tree: Any, *, most: int = 3) -> Any:
    """A copy of a tree of dicts and lists with one to `most` of its nodes changed."""
    tree = _copy(tree)
    for _ in range(rng.randint(1, most)):
        places = list(_places(tree))
        if not places:
            return value(rng)
        holder, key = rng.choice(places)
        way = rng.randrange(8)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[text(rng)] = holder.pop(key)
        elif way == 2 and isinstance(holder, dict):
            holder[text(rng)] = value(rng)
        elif way == 3 and isinstance(holder, list):
            holder.insert(key, _copy(holder[key]))
        elif way == 4:
            _, other = rng.choice(places)
            holder[key] = _copy(holder[key]) if other == key else other
        elif way == 5:
            holder[key] = rng.choice(([holder[key]], {"value": holder[key]}, str(holder[key]), holder[key]))
        else:
            holder[key] = value(rng)
    return tree


def written(rng: Rng, tree: Any) -> bytes:
    """A tree as JSON: with or without escapes; at times with a key twice."""
    try:
        made = json.dumps(tree, ensure_ascii=rng.random() < 0.5)
    except (ValueError, RecursionError):
        return b"{}"
    if rng.random() < 0.05 and made.startswith('{"'):
        made = made[:-1] + "," + made[1 : made.find(",") if "," in made else -1] + "}"
    return made.encode("utf-8", "surrogatepass")


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(one) for key, one in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_copy(one) for one in tree]
    return tree


def _places(tree: Any) -> Any:
    """Every holder and key of a tree; of lists the first few."""
    if isinstance(tree, dict):
        for key, one in tree.items():
            yield tree, key
            yield from _places(one)
    elif isinstance(tree, list):
        for i, one in enumerate(tree[:6]):
            yield tree, i
            yield from _places(one)
