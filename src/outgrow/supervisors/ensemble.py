"""Several supervisors as one."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Committee, Supervisor, supervisors
from outgrow.supervisors.bases.copies import By, check_members, made_of, predictors


@supervisors.register(
    "ensemble", about="several supervisors, whose answers a rule makes one of", source="standard; e.g. arXiv 2410.04571"
)
@spec
class Ensemble(Committee):
    """Members label by themselves; a student gets the labels of each, and the rule's answer is the weak score.

    Equal members have seeds of their own. A student's method may fuse the labels otherwise.

    Args:
        members: tables as of [weak], or names of models; or how many are made of `of`.
        rule: the transform that makes one answer of theirs, such as `mean` or `vote`.
        of: with a number of members: the one that they are made of.
        by: they differ by `seeds`; by `parts`, each learning from rows of `supervisor` that no other has; or by `sizes`
            of the model's family, up to its own.
    """

    name: ClassVar[str] = "ensemble"
    members: tuple[Supervisor, ...] | int
    rule: Transform = Mean()
    of: Supervisor | None = None
    by: By = "seeds"

    def __post_init__(self) -> None:
        check_members(self.members, self.of, self.by)

    @property
    def everyone(self) -> tuple[Supervisor, ...]:
        if isinstance(self.members, int) and self.of is not None:
            return made_of(self.of, self.members, self.by)
        assert isinstance(self.members, tuple)
        return self.members

    def identity(self) -> dict[str, Any]:
        found = {"name": self.name, "members": self.members, "rule": self.rule}
        return found | ({"of": self.of, "by": self.by} if self.of else {})

    @property
    def label(self) -> str:
        names = list(dict.fromkeys(one.label for one in self.everyone))
        of = ", ".join(names) if len(names) > 1 else f"{len(self.everyone)} {names[0]}"
        return f"{self.rule.label} of {of}{' by parts' if self.by == 'parts' else ''}"

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.combine(predictors(self.everyone, steps, data, seed=seed, parts=self.by == "parts"), self.rule)
