"""A language model that an endpoint serves, as a supervisor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from outgrow.endpoint.address import check_key_name, check_url
from outgrow.endpoint.labelling import foretell, label_texts
from outgrow.endpoint.prompts import Template, check_template
from outgrow.endpoint.question import Endpoint, Question
from outgrow.endpoint.reading import fold_classes, folded
from outgrow.errors import ConfigError, DataError
from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Outside
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np


@spec
class ServedModel(Outside):
    """Each text is shown to a model behind an endpoint, each pair in both orders; its answer is the weak label.

    Probabilities are those of the answer's first tokens. Where the endpoint does not give them, several answers vote.

    Args:
        url: of the endpoint, up to what comes before `/chat/completions`.
        served_model: the model, as the endpoint calls it.
        prompt: with `{text}`, or with `{first}` and `{second}` for pairs; `{classes}` lists the classes' words.
        classes: the word of each class in the task's order; by default the names of the classes, `first` and `second`
            for pairs.
        answers: how many vote where there are no log-probabilities.
        temperature, max_tokens, seed: of an answer.
        top_logprobs: how many alternatives to a token are asked for, as far as the endpoint gives them; 0 for votes.
        key_env: name of the environment variable that holds the key; none is sent by default.
        insecure: allow `http` to other machines.
        concurrency: requests at once.
        requests_per_minute: 0 for any number.
        timeout: seconds that an answer may take.
        price_in, price_out: of a million tokens of prompts and of answers, in any currency.
    """

    rule: ClassVar[Transform] = Mean()  # type: ignore[misc]  # of one labeller, any rule gives the same
    url: str
    served_model: str
    prompt: str = ""
    classes: tuple[str, ...] = ()
    answers: Annotated[int, Field(ge=1, le=100)] = 5
    temperature: Annotated[float, Field(ge=0)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] = 16
    top_logprobs: Annotated[int, Field(ge=0, le=20)] = 20
    seed: Annotated[int, Field(ge=0)] = 0
    key_env: str = ""
    insecure: bool = False
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    requests_per_minute: Annotated[int, Field(ge=0)] = 0
    timeout: Annotated[float, Field(gt=0)] = 60.0
    price_in: Annotated[float, Field(ge=0)] = 0.0
    price_out: Annotated[float, Field(ge=0)] = 0.0

    def __post_init__(self) -> None:
        check_url(self.url, insecure=self.insecure)
        check_key_name(self.key_env)
        check_template(self.prompt)
        fold_classes(self.classes)
        if not self.served_model.strip():
            raise ConfigError("served_model is empty: name the model as the endpoint calls it", key="served_model")

    @property
    def label(self) -> str:
        return f"api: {self.served_model}"

    def identity(self) -> dict[str, Any]:
        question = ("prompt", "classes", "answers", "temperature", "max_tokens", "top_logprobs", "seed")
        where = {"url": check_url(self.url, insecure=self.insecure), "model": self.served_model}
        return {"family": "api", **where, **{one: getattr(self, one) for one in question}}

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        task = data.dataset.task
        if hasattr(task, "located"):
            raise ConfigError(f"{self.label!r} reads texts, and the task {task.name!r} has files", key="weak")
        Template(self.prompt, pairs=task.kind == "preference")  # ConfigError if it does not fit
        return steps.ask(self, data)

    def ask(
        self, inputs: np.ndarray, output: Output, *, report: Callable[[float], None]
    ) -> tuple[np.ndarray, list[str]]:
        """Labels of texts or pairs, float32 [1, n, classes], and notes."""
        self._check(inputs)
        found = label_texts(inputs, endpoint=self._endpoint, question=self._question(output), report=report)
        return found.probabilities[None], found.notes

    def foretell(self, parts: Iterable[np.ndarray], output: Output) -> str:
        """What asking about all of these would take, in words."""
        question = self._question(output)
        return f"{self.label}: {foretell(map(self._check, parts), endpoint=self._endpoint, question=question)}"

    @property
    def _endpoint(self) -> Endpoint:
        how = ("key_env", "concurrency", "requests_per_minute", "timeout", "price_in", "price_out")
        url = check_url(self.url, insecure=self.insecure)
        return Endpoint(url=url, model=self.served_model, **{one: getattr(self, one) for one in how})

    def _question(self, output: Output) -> Question:
        names = ("first", "second") if output.kind == "preference" else output.class_names
        classes = self.classes or tuple(names)
        if len(classes) != output.n_classes:
            there = f", {', '.join(names[:10])}" if names else ""
            raise ConfigError(
                f"[weak] classes = {list(classes)}: the task has {output.n_classes:,} classes{there}; name the word of "
                "each, in this order"
            )
        for i, word in enumerate(map(folded, classes)):
            other = [name for j, name in enumerate(names) if j != i and folded(name) == word != folded(names[i])]
            if other:
                raise ConfigError(
                    f"[weak] classes = {list(classes)}: {classes[i]!r} stands where the task has {names[i]!r}, and the "
                    f"task calls another class {other[0]!r}; write the words in the order of the task's classes, "
                    f"{', '.join(names[:10])}"
                )
        how = ("prompt", "answers", "temperature", "max_tokens", "top_logprobs", "seed")
        return Question(classes=classes, **{one: getattr(self, one) for one in how})

    def _check(self, inputs: np.ndarray) -> np.ndarray:
        if inputs.dtype != object:
            raise DataError(f"{self.label!r} reads texts, and this task's rows are numbers; choose another supervisor")
        return inputs
