"""Few-shot prompting: weakly labelled examples in the student's prompt, and no training."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Split, Steps


@methods.register(
    "few_shot",
    about="some weakly labelled examples in the student's prompt, no training",
    source="Burns et al. 2023, sec. 5.2.1",
)
@spec
class FewShot(Method):
    """A causal language model reads `shots` examples with their weak labels, hardened, and answers with a class name.

    The ceiling reads the same number of examples with ground truth; zero-shot is the same prompt without examples.

    Reported: poor for small students, level with `naive` or above for the largest, below the confidence loss. It
    cannot help a model that is at chance in context, as those are that fit a laptop: with five reviews in its prompt
    SmolLM2-135M gives one answer to nearly all.

    Args:
        shots: examples in the prompt, of each class as many as can be.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "few_shot"
    shots: Annotated[int, Field(ge=1)] = 5

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        if objective != Objective():
            raise ConfigError("few_shot trains nothing, so no transform, selection or loss can go with it")
        task = part.split.dataset.task
        if not strong.model.generates:
            raise ConfigError(
                f"few_shot needs a causal language model such as smollm2-135m as the student, not {strong.model.name!r}"
            )
        if task.kind != "classification":
            raise ConfigError(f"few_shot needs a classification task, and {task.name!r} is a {task.kind} task")
        return steps.prompt(strong.model, part, shots=self.shots, seed=seed, labels=labels)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        return steps.prompt(strong.model, part, shots=self.shots, seed=seed)

    def zero_shot(self, steps: Steps, strong: Role, split: Split, *, task: str) -> Predictor | None:
        return steps.unprompted(strong.model)
