"""A place of an objective: a small frozen spec with a name, for some kinds of task."""

from __future__ import annotations

from typing import ClassVar

from outgrow.spec import Option
from outgrow.tasks.base import Kind

OF_CLASSES: frozenset[Kind] = frozenset({"classification", "preference"})
"""Kinds whose rows have probabilities of a few classes; where texts are generated, a target is one token of many."""


class ForTasks(Option):
    """A transform, a selection or a loss."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference", "generation"})
    """The kinds of task that it makes sense for; an experiment with another is refused."""
    wants_features: ClassVar[bool] = False
    """Whether it looks at frozen features of the rows: a training that has none of its own is then given some."""
    needs_features: ClassVar[bool] = False
    """Whether it can do nothing without them: where there are none, the training is refused."""
    uses_truth: ClassVar[bool] = False
    """Whether it learns from rows of known truth: an experiment with it has to declare how many there are."""
    several: ClassVar[bool] = False
    """Whether it makes one of several supervisors' labels: with one supervisor it has nothing to do."""
