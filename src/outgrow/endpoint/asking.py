"""One prompt to one label: kept answers first, then the endpoint's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from outgrow.endpoint.answers import Answers, key_of
from outgrow.endpoint.client import Client
from outgrow.endpoint.prompts import Template
from outgrow.endpoint.question import Endpoint, Question
from outgrow.endpoint.reading import answer_of, class_mass, class_said, fold_classes
from outgrow.endpoint.wire import Trouble

LEAST = 0.1  # probability of all classes together, below which an answer is none


@dataclass(kw_only=True)
class Prompt:
    """A row to ask about, then what came of it.

    Args:
        turned: whether the candidates of a pair have changed places.
        label: probabilities of the classes; zeros where there is none.
        outside: the probability that no class has, where log-probabilities are given.
        said: an answer that fits no class.
        failure: why there is no answer.
        answers, kept, unread: answers, those of them that were there before, those that fit no class.
        tokens: `in` and `out` of answers that were not there before; and how many of these are `uncounted`.
    """

    row: int
    turned: bool
    text: str
    label: np.ndarray
    outside: float | None = None
    said: str = ""
    failure: str = ""
    answers: int = 0
    kept: int = 0
    unread: int = 0
    tokens: Counter[str] = field(default_factory=Counter)


def prompts(texts: np.ndarray, question: Question) -> Iterator[Prompt]:
    """What to ask about texts [n], or about pairs [n, 2] in both orders, which lie next to each other."""
    rows = texts.reshape(len(texts), -1)
    template = Template(question.prompt, pairs=rows.shape[1] == 2)
    for i, row in enumerate(rows):
        for turned in range(len(row)):
            shown = list(row[::-1] if turned else row)
            text = template.filled(shown, question.classes)
            yield Prompt(row=i, turned=bool(turned), text=text, label=np.zeros(len(question.classes)))


class Asker:
    """Answers prompts, in several threads."""

    def __init__(self, endpoint: Endpoint, question: Question, client: Client, answers: Answers) -> None:
        self._endpoint, self._question, self._client, self._answers = endpoint, question, client, answers
        self._words = fold_classes(question.classes)

    def answer(self, prompt: Prompt) -> Prompt:
        """Give a prompt its label, by log-probabilities where there are any, else by votes; or say why it has none."""
        try:
            first = self._get(prompt, 0)
            if first["tokens"]:
                self._weigh(prompt, first)
            else:
                self._count(prompt, [first, *(self._get(prompt, i) for i in range(1, self._question.answers))])
        except Trouble as trouble:
            prompt.failure = str(trouble)
        return prompt

    def _weigh(self, prompt: Prompt, answer: dict[str, Any]) -> None:
        mass = class_mass(answer["tokens"], self._words)
        total = float(mass.sum())
        prompt.outside = max(0.0, 1.0 - total)
        if total >= LEAST:
            prompt.label = mass / total
        else:
            prompt.unread, prompt.said = 1, answer["text"]

    def _count(self, prompt: Prompt, answers: Sequence[dict[str, Any]]) -> None:
        votes = np.zeros(len(self._words))
        for answer in answers:
            number = class_said(answer["text"], self._words)
            if number is None:
                prompt.unread += 1
                prompt.said = answer["text"]
            else:
                votes[number] += 1
        if votes.any():
            prompt.label = votes / votes.sum()

    def _get(self, prompt: Prompt, i: int) -> dict[str, Any]:
        body = self._question.request(self._endpoint.model, prompt.text, i)
        key = key_of(self._endpoint.url, body)
        found = self._answers.get(key)
        if found is None:
            found = self._client.ask(body, answer_of)
            prompt.tokens.update({"in": found["in"] or 0, "out": found["out"] or 0})
            prompt.tokens["uncounted"] += None in (found["in"], found["out"])
            found = self._answers.put(key, found)
        else:
            prompt.kept += 1
        prompt.answers += 1
        return found
