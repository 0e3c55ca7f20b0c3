"""One prompt to one label: kept answers first, then the endpoint's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from outgrow.endpoint.answers import Answers, key_of
from outgrow.endpoint.client import Client
from outgrow.endpoint.crew import each
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
        votes: answers that vote, where no log-probabilities are given.
        outside: the probability that no class has, where log-probabilities are given.
        said: an answer that fits no class.
        failure: why there is no answer; and whether it was `rejected`, which takes no patience to find out.
        answers, kept, unread: answers, those of them that were there before, those that fit no class.
        tokens: `in` and `out` of answers that were not there before; and how many of these are `uncounted`.
    """

    row: int
    turned: bool
    text: str
    label: np.ndarray
    votes: int = 0
    outside: float | None = None
    said: str = ""
    failure: str = ""
    rejected: bool = False
    answers: int = 0
    kept: int = 0
    unread: int = 0
    tokens: Counter[str] = field(default_factory=Counter)


def prompts(texts: np.ndarray, question: Question) -> Iterator[Prompt]:
    """What to ask about texts [n], or about pairs [n, 2] in both orders, which lie next to each other."""
    rows = texts[:, None] if texts.ndim == 1 else texts
    template = Template(question.prompt, pairs=rows.shape[1] == 2)
    for i, row in enumerate(rows):
        for turned in range(len(row)):
            shown = list(row[::-1] if turned else row)
            text = template.filled(shown, question.classes)
            yield Prompt(row=i, turned=bool(turned), text=text, label=np.zeros(len(question.classes)))


class Asker:
    """Answers prompts."""

    def __init__(self, endpoint: Endpoint, question: Question, client: Client, answers: Answers) -> None:
        self._endpoint, self._question, self._client, self._answers = endpoint, question, client, answers
        self._words = fold_classes(question.classes)
        self._turns: WeakValueDictionary[str, Lock] = WeakValueDictionary()
        self._guard = Lock()

    def answer_all(self, texts: np.ndarray, *, threads: int) -> Iterator[Prompt]:
        """All prompts about texts, answered, in any order.

        Those that were never asked about are asked alone, in order, until the endpoint takes one: by that it is settled
        what it takes, and not by who is quick. The others are then asked in several threads.
        """
        done: set[tuple[int, bool]] = set()

        def left() -> Iterator[Prompt]:
            return (one for one in prompts(texts, self._question) if (one.row, one.turned) not in done)

        for one in chain((one for one in left() if not self._begun(one)), left()):
            done.add((one.row, one.turned))
            yield self.answer(one)
            if self._client.settled:
                break
        yield from each(left(), self.answer, threads=threads)

    def answer(self, prompt: Prompt) -> Prompt:
        """Give a prompt its label, by log-probabilities where there are any, else by votes; or say why it has none."""
        try:
            first = self._get(prompt, 0)
            if first["tokens"] and self._question.top_logprobs:
                self._weigh(prompt, first)
            else:
                self._count(prompt, [first, *(self._get(prompt, i) for i in range(1, self._question.answers))])
        except Trouble as trouble:
            prompt.failure, prompt.rejected = str(trouble), trouble.kind == "rejected"
        return prompt

    def _begun(self, prompt: Prompt) -> bool:
        """Whether its first answer is there, the only one that is asked for with log-probabilities."""
        return self._answers.get(self._request(prompt, 0)[0]) is not None

    def _weigh(self, prompt: Prompt, answer: dict[str, Any]) -> None:
        mass = class_mass(answer["tokens"], self._words)
        total = float(mass.sum())
        prompt.outside = max(0.0, 1.0 - total)
        if total >= LEAST:
            prompt.label = mass / total
        else:
            prompt.unread, prompt.said = 1, answer["text"]

    def _count(self, prompt: Prompt, answers: Sequence[dict[str, Any]]) -> None:
        prompt.votes = len(answers)
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
        key, body = self._request(prompt, i)
        with self._turn(key):
            found = self._answers.get(key)
            if found is None:
                found = self._client.ask(body, partial(answer_of, weighed="logprobs" in body))
                prompt.tokens.update({"in": found["in"] or 0, "out": found["out"] or 0})
                prompt.tokens["uncounted"] += None in (found["in"], found["out"])
                found = self._answers.put(key, found)
            else:
                prompt.kept += 1
        prompt.answers += 1
        return found

    def _request(self, prompt: Prompt, i: int) -> tuple[str, dict[str, Any]]:
        """The key of an answer, and what asks for it."""
        body = self._question.request(self._endpoint.model, prompt.text, i)
        return key_of(self._endpoint.url, body), body

    def _turn(self, key: str) -> Lock:
        """Whoever wants what another is getting waits for it."""
        with self._guard:
            return self._turns.setdefault(key, Lock())
