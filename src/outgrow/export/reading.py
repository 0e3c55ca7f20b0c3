"""How the text that a student reads is made of a table's columns, for those who make it without outgrow."""

from __future__ import annotations

import json
from collections.abc import Mapping

from outgrow.student import Student

ROLES = ("text", "prompt", "first", "second", "chosen", "rejected")  # of columns that hold texts, or templates of such
WITH_PROMPT = (
    r"A text is the prompt, a blank line (`\n\n`) and the answer, one after the other; the answer alone where there is "
    "no prompt."
)
WHOLE = "A text is a whole candidate, with nothing before it."
ENDS = "Blanks at the ends of {} are left out."
TURNS = "Lists of messages are written as `Human: ...` and `Assistant: ...`, a blank line between two."


def reads(student: Student) -> dict[str, str]:
    """How texts are made, `how`, and the columns or templates by role; nothing where that is not known."""
    given = student.about.get("columns")
    columns = {role: str(given[role]) for role in ROLES if given.get(role)} if isinstance(given, Mapping) else {}
    pairs = student.output.kind == "preference"
    made = [WITH_PROMPT if "prompt" in columns else WHOLE] if pairs else []
    made += [ENDS.format("both" if "prompt" in columns else "a text"), TURNS] if columns else []
    return {"how": " ".join(made), **columns} if made else {}


def in_words(found: Mapping[str, str]) -> str:
    """The columns or templates of `reads` as a sentence; empty where they are not known."""
    named = [
        f"{role} is the {'template' if '{' in name else 'column'} {json.dumps(name, ensure_ascii=False)}"
        for role, name in found.items()
        if role != "how"
    ]
    return f"In the table that it learned from, {', '.join(named)}." if named else ""
