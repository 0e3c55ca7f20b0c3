"""Several supervisors as one."""

from __future__ import annotations

from typing import ClassVar

from outgrow.errors import ConfigError
from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Committee, Supervisor, supervisors

SEEDS = 1_000_003  # far from the seeds that people write, so that members share no training by accident


@supervisors.register(
    "ensemble",
    about="several supervisors, whose answers a rule makes one of",
    source="standard; e.g. arXiv 2410.04571",
)
@spec
class Ensemble(Committee):
    """Members label by themselves; a student gets the labels of each, and the rule's answer is the weak score.

    Equal members are trained with seeds of their own. A student's method may fuse the labels otherwise.

    Args:
        members: tables as of [weak], or names of models.
        rule: the transform that makes one answer of theirs, such as `mean` or `vote`.
    """

    name: ClassVar[str] = "ensemble"
    members: tuple[Supervisor, ...]
    rule: Transform = Mean()

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ConfigError("weak.members: an ensemble needs at least two members")

    @property
    def label(self) -> str:
        names = list(dict.fromkeys(one.label for one in self.members))
        of = ", ".join(names) if len(names) > 1 else f"{len(self.members)} {names[0]}"
        return f"{self.rule.label} of {of}"

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        number: dict[Supervisor, int] = {}
        made = []
        for i, one in enumerate(self.members):
            number[one] = i if one.simulated else number.get(one, -1) + 1  # errors that are drawn are drawn apart
            made.append(one.predictor(steps, data, seed=seed + SEEDS * number[one]))
        return steps.combine(tuple(made), self.rule)
