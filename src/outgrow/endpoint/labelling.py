"""Texts to labels, by asking an endpoint about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from outgrow.endpoint.address import read_key
from outgrow.endpoint.answers import Answers, answers_file, key_of
from outgrow.endpoint.asking import Asker, prompts
from outgrow.endpoint.client import Client
from outgrow.endpoint.pace import Pace
from outgrow.endpoint.question import Endpoint, Question
from outgrow.endpoint.refusal import changes
from outgrow.endpoint.tally import Tally
from outgrow.endpoint.wire import Wire
from outgrow.errors import ConfigError
from outgrow.plain import counted

LETTERS = 4  # bytes of text that a token has, roughly
MARKS = 10  # tokens that a chat has around a prompt, roughly


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Labels of texts, and what it took to have them.

    Args:
        probabilities: float32 [n, classes]; rows sum to 1, or are zero where there is no label.
        notes: what the user should know.
        cost: of what was asked now, in the currency of the prices.
    """

    probabilities: np.ndarray
    notes: list[str]
    cost: float


def label_texts(
    texts: np.ndarray,
    *,
    endpoint: Endpoint,
    question: Question,
    report: Callable[[float], None] = lambda share: None,
) -> Labelled:
    """Ask about each text, or about each pair in both orders; what was answered before is not asked again.

    Args:
        texts: object [n], or pairs [n, 2], for which the classes mean the first and the second.
        report: is told how far it is, from 0 to 1.

    Raises:
        ConfigError: the address, the key, the model or the question is wrong.
        EndpointFailed: too many prompts came to nothing. What was answered is kept.
        DataError: most answers fit no class.
    """
    orders = 1 if texts.ndim == 1 else 2
    found = np.zeros((orders, len(texts), len(question.classes)))
    wire = Wire(endpoint.url, key=read_key(endpoint.key_env), key_env=endpoint.key_env, timeout=endpoint.timeout)
    pace, tally = Pace(endpoint.requests_per_minute), Tally(orders * len(texts), endpoint)
    client = Client(wire, pace)
    with Answers() as answers:
        asker = Asker(endpoint, question, client, answers)
        try:
            for one in asker.answer_all(texts, threads=endpoint.concurrency):
                tally.count(one)
                found[int(one.turned), one.row] = one.label[::-1] if one.turned else one.label
                report(tally.share)
        finally:
            pace.stop()
    tally.check()
    known = (found.sum(-1) > 0).all(0)
    mean = np.where(known[:, None], found.mean(0), 0.0).astype(np.float32)
    notes = tally.notes(client.troubles, changes(client.refused), len(answers.damaged))
    if orders == 2:
        first, second = found[:, known].argmax(-1)
        notes.append(
            f"{endpoint.model}: {int((first != second).sum()):,} of {counted(int(known.sum()), 'pair')} are answered "
            "otherwise when the candidates change places; a label is the mean of both orders"
        )
    return Labelled(probabilities=mean, notes=notes, cost=tally.cost)


def foretell(parts: Iterable[np.ndarray], *, endpoint: Endpoint, question: Question) -> str:
    """What labelling all of these texts would ask and cost, in words; nothing is asked."""
    size: dict[str, int] = {}  # bytes of a prompt, by the key of its first answer
    for texts in parts:
        for one in prompts(texts, question):
            key = key_of(endpoint.url, question.request(endpoint.model, one.text, 0))
            size[key] = len(one.text.encode(errors="replace"))
    kept = set()
    if answers_file().is_file():
        with Answers() as answers:
            kept = {key for key in size if answers.get(key)}
    left = [n for key, n in size.items() if key not in kept]
    into, out = sum(left) / LETTERS + MARKS * len(left), len(left) * question.max_tokens
    told = (
        f"{endpoint.url} would be asked {counted(len(left), 'prompt')} for {endpoint.model!r}, about {into:,.0f} "
        f"tokens in and at most {out:,} out"
    )
    if endpoint.price_in or endpoint.price_out:
        told += f", which cost about {endpoint.cost(into, out):.3g}"
    if question.answers > 1:
        told += f"; {question.answers} times that where it gives no log-probabilities"
    if kept:
        told += f"; {counted(len(kept), 'prompt')} are answered already"
    if endpoint.key_env:
        told += f"; it is sent the key of the environment variable {endpoint.key_env!r}"
        try:
            read_key(endpoint.key_env)
        except ConfigError:
            told += ", which is not set"
    return told
