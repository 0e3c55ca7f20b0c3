"""What a study is about, as far as claims go by it: chess, text, reward models or vision."""

from __future__ import annotations

from typing import Literal

from outgrow.results.table import Group

Field = Literal["chess", "text", "reward", "vision", "other"]


def field_of(group: Group) -> Field:
    """The field, by the task's kind and name and by what the student's model reads."""
    task, strong = (group.settings.get(name) or {} for name in ("task", "strong"))
    if group.kind == "preference":
        return "reward"
    if str(task.get("name", "")).startswith("chess"):
        return "chess"
    if "max_length" in strong or "tokens" in strong:
        return "text"
    return "vision" if "resolution" in strong or "crop" in strong else "other"
