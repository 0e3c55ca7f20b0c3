"""A place of an objective: a small frozen spec with a name, for some kinds of task."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import Option
from outgrow.tasks.base import Kind


class ForTasks(Option):
    """A transform, a selection or a loss."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference", "generation"})
    """The kinds of task that it makes sense for; an experiment with another is refused."""
    uses_truth: ClassVar[bool] = False
    """Whether it learns from rows of known truth: an experiment with it has to declare how many there are."""
