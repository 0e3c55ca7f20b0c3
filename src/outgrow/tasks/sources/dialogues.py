"""Dialogues as texts: lists of messages {role, content} in a cell become "Human: ...", then "Assistant: ..."."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from outgrow.tasks.sources.records import Cells, Table, skipped

SHARED = "\0shared"  # in a record: what both candidates answer, as it stands in both; no column is called so
STARTS = ("[{", "[ {", "[\n")  # of a list of messages that a table of texts holds as a text
PYTHON = re.compile(r"\[\s*\{'(role|content|from|value)'")
ANSWERS = re.compile(  # where an answer begins in a dialogue written as text
    r"\n\s*(assistant|ai|bot|gpt|model)\s*:|<\|im_start\|>\s*assistant|<\|assistant\|>|<\|start_header_id\|>\s*assistant"
    r"|\[/INST\]|<start_of_turn>\s*model|\n#+\s*(response|answer|assistant)\s*:?",
    re.IGNORECASE,
)
KEYS = (("role", "content"), ("from", "value"))
SPEAKERS = {
    "user": "Human", "human": "Human", "assistant": "Assistant", "gpt": "Assistant", "bot": "Assistant",
    "model": "Assistant", "system": "System",
}  # fmt: skip
Turn = tuple[str, str]  # who speaks, and what


def with_dialogues(
    table: Table, texts: Sequence[str], *, pair: tuple[str, str] | None = None, prompt: str = ""
) -> Table:
    """The table with texts in place of lists of messages, each turn as in Anthropic's dialogues: "Human: ...".

    Who speaks is Human, Assistant, System, or the role as it is called, and a blank line stands between two turns.
    Rows with a message that has no role or no text are left out and counted.

    Args:
        table: as read.
        texts: columns of texts.
        pair: columns of two candidates. The turns that both begin with are what they answer; they go to `SHARED`.
        prompt: a column that says what they answer too; it goes to `SHARED`, and turns that repeat it are left out.
    """
    if not any(_looks_so(record.get(name)) for _, record in table.rows for name in texts):
        return table
    rows: list[tuple[int, Cells]] = []
    bad: list[str] = []
    for number, record in table.rows:
        try:
            turns = {name: found for name in texts if (found := _turns(name, record.get(name))) is not None}
        except ValueError as error:
            bad.append(f"row {number:,}: {error}")
            continue
        cells = record | {name: _text(found) for name, found in turns.items()}
        if pair and not turns.keys().isdisjoint((*pair, prompt)):
            cells |= _pair(record, turns, pair, prompt)
        rows.append((number, cells))
    notes = skipped(bad, "row", "with a dialogue that cannot be read")
    return replace(table, rows=rows, notes=[*table.notes, *notes])


def begun(better: str, worse: str) -> str:
    """What two candidates answer, where both are dialogues written as text and begin alike; else nothing."""
    same = next((i for i, (one, two) in enumerate(zip(better, worse, strict=False)) if one != two), None)
    shared = better[:same]
    ends = [found.end() for found in ANSWERS.finditer(shared)]
    return shared[: ends[-1]] if ends else ""


def _turns(name: str, value: Any) -> list[Turn] | None:
    """The turns of a dialogue; None if the cell holds none. ValueError says what is wrong with it."""
    if isinstance(value, str):
        value = _written(name, value)
    messages = [value] if isinstance(value, dict) else value
    if not isinstance(messages, list) or not any(map(_keys, messages)):
        return [] if isinstance(value, list) and not value else None
    found: list[Turn] = []
    for i, message in enumerate(messages, start=1):
        if isinstance(message, dict) and message.get("tool_calls"):
            raise ValueError(f"message {i} of {name!r} calls a tool, which is not read")
        if (keys := _keys(message)) is None:
            raise ValueError(f"message {i} of {name!r} has no role or no content")
        role, said = message[keys[0]], _said(message[keys[1]])
        if not isinstance(role, str) or not role.strip() or said is None:
            raise ValueError(f"message {i} of {name!r} has {'no role' if said is not None else 'no text'}")
        found.append((SPEAKERS.get(role.strip().lower(), role.strip().capitalize()), said.strip()))
    return found


def _looks_so(value: Any) -> bool:
    return isinstance(value, (list, dict)) or (isinstance(value, str) and value.lstrip().startswith(STARTS))


def _written(name: str, value: str) -> Any:
    """The list that a text holds as JSON; else the text. ValueError if it is a list of messages in another notation."""
    if not value.lstrip().startswith(STARTS):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        if PYTHON.match(value.lstrip()):
            raise ValueError(f"{name!r} holds a list as Python shows it; save the table as JSON lines") from None
        return value


def _keys(message: Any) -> tuple[str, str] | None:
    if not isinstance(message, dict):
        return None
    return next((keys for keys in KEYS if all(key in message for key in keys)), None)


def _said(content: Any) -> str | None:
    """A message's text, also where it is given in parts; None if part of it is no text."""
    if isinstance(content, str):
        return content
    parts = [part.get("text") if isinstance(part, dict) else part for part in content or []]
    said = [part for part in parts if isinstance(part, str)]
    return "\n".join(said) if said and len(said) == len(parts) else None


def _pair(record: Cells, turns: dict[str, list[Turn]], pair: tuple[str, str], prompt: str) -> Cells:
    """Both candidates without what they answer, and that; a text beside dialogues is a turn of one."""
    asked = turns.get(prompt, _turn("Human", record.get(prompt)))
    found = [turns.get(name, _turn("Assistant", record.get(name))) for name in pair]
    n = len(asked)
    better, worse = (one[n:] if one[:n] == asked and len(one) > n else one for one in found)
    most = max(0, min(len(better), len(worse)) - 1)  # something is left of each
    same = next((i for i in range(most) if better[i] != worse[i]), most)
    shared = better[:same]
    if not (asked and shared[-n:] == asked):
        shared = asked + shared
    cells = {pair[0]: _text(better[same:]), pair[1]: _text(worse[same:]), SHARED: _text(shared)}
    return cells | ({prompt: ""} if prompt in record else {})


def _turn(speaker: str, text: Any) -> list[Turn]:
    return [(speaker, text.strip())] if isinstance(text, str) and text.strip() else []


def _text(turns: Sequence[Turn]) -> str:
    return "\n\n".join(f"{speaker}: {said}" for speaker, said in turns) if any(said for _, said in turns) else ""
