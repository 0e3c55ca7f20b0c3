"""Answers as labels: the probabilities of an answer's first tokens, or the words of several answers."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from outgrow.errors import ConfigError
from outgrow.plain import plain
from outgrow.spec import short

Alternatives = Sequence[tuple[str, float]]
"""What may stand at one place of an answer, with log-probabilities; first what does stand there."""
POSITIONS = 5  # tokens of an answer that are looked at
LETTERS = 200  # of an answer that are kept
MANY = 10**12  # what counts more tokens is no count; what is less probable has no probability
DIGITS = 5  # of a log-probability that are kept, after the point
CURE = "; set top_logprobs = 0 to have its answers vote"
SLACK = 1e-4  # by which rounding may lift a log-probability above 0
EXCESS = 0.05  # by which rounding may lift what can stand at one place above 1


class Improbable(ValueError):
    """What is given as log-probabilities is none. Asking again does not help."""


def folded(text: str) -> str:
    """Words in small letters: without punctuation, blanks as one, and letters in one Unicode form."""
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).split())


def fold_classes(classes: Sequence[str]) -> list[str]:
    """The classes' words as answers are compared with them. ConfigError where two are alike, or one is no word."""
    found = [folded(one) for one in classes]
    for i, word in enumerate(found):
        if not word or word in found[:i]:
            why = "has no letter or digit" if not word else f"is {classes[found.index(word)]!r} in other letters"
            raise ConfigError(
                f"the class {classes[i]!r} {why}, so no answer can mean it: set classes = [...] to words that differ, "
                "in the order of the task's classes"
            )
    return found


def class_said(text: str, words: Sequence[str]) -> int | None:
    """The class that an answer is, or begins with, by its words; the longest of several. None where it is none."""
    said = folded(text)
    fits = [i for i, word in enumerate(words) if said == word or said.startswith(f"{word} ")]
    return max(fits, key=lambda i: len(words[i]), default=None)


def class_mass(tokens: Sequence[Alternatives], words: Sequence[str]) -> np.ndarray:
    """How probable it is that an answer is each class, float64 [classes]; what is missing from 1 lies outside them.

    A token counts for a class if no other class begins with it. Where several do, what was answered is followed to the
    next token; so it is through blanks and quotes. Other ways to go on are not known, and count for no class.
    """
    mass, weight, before = np.zeros(len(words)), 1.0, ""
    for alternatives in tokens:
        follow = None
        for i, (token, logprob) in enumerate(alternatives):
            chance = weight * math.exp(logprob)
            text = folded(before + token)
            fits = _begun(text, words)
            if len(fits) == 1:
                mass[fits[0]] += chance
            elif before and text == folded(before) and text in words:  # the word has ended
                mass[words.index(text)] += chance
            elif i == 0 and (fits or not text):
                follow = chance
        if follow is None:
            return mass
        weight, before = follow, before + alternatives[0][0]
    if folded(before) in words:
        mass[words.index(folded(before))] += weight
    return mass


def _begun(text: str, words: Sequence[str]) -> list[int]:
    """The classes whose words a text can become, or has become."""
    if not text:
        return []
    if starts := [i for i, word in enumerate(words) if word.startswith(text)]:
        return starts
    whole = class_said(text, words)
    return [] if whole is None else [whole]


def answer_of(response: dict[str, Any], *, weighed: bool = True) -> dict[str, Any]:
    """What is kept of a response: its first letters, the probabilities of its first tokens, the tokens it cost.

    Args:
        weighed: whether these probabilities were asked for; else they are not looked at.

    Raises ValueError where it is no chat completion, Improbable where its numbers cannot be log-probabilities.
    """
    try:
        choice = response["choices"][0]
        text = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        told = f", but says {short(plain(response['error']))}" if "error" in response else ""
        raise ValueError(f"its answer has no choices[0].message.content{told}") from None
    if text is None:  # an empty answer, or a refusal
        text = ""
    if not isinstance(text, str):
        raise ValueError("the content of its answer is no text")
    usage = response.get("usage")
    counts = [usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens")]
    tokens_in, tokens_out = (n if type(n) is int and 0 <= n < MANY else None for n in counts)
    return {"text": text[:LETTERS], "tokens": _tokens(choice) if weighed else None, "in": tokens_in, "out": tokens_out}


def _tokens(choice: dict[str, Any]) -> list[list[tuple[str, float]]] | None:
    """Alternatives at each of the first places, what was answered first; None where none are given.

    The probability of what was answered alone says little of the other classes.
    """
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not content:
        return None
    found = []
    for place in content[:POSITIONS]:
        if not isinstance(place, dict):
            return None
        others = place.get("top_logprobs")
        seen: dict[str, float] = {}
        for one in (place, *(others if isinstance(others, list) else ())):
            token, logprob = (one.get("token"), one.get("logprob")) if isinstance(one, dict) else (None, None)
            if not isinstance(token, str) or not isinstance(logprob, (int, float)):
                return None
            if not logprob <= SLACK:  # nor is it where it is no number
                raise Improbable(f"it gives {short(logprob)} as the log-probability of {short(plain(token))}{CURE}")
            seen.setdefault(token, round(float(min(max(logprob, -MANY), 0)), DIGITS))
        if (total := _total(seen.items())) > 1 + EXCESS:
            raise Improbable(f"its log-probabilities are none, as they make {total:.0%} in all{CURE}")
        found.append(list(seen.items()))
    return found if len(found[0]) > 1 else None


def _total(alternatives: Iterable[tuple[str, float]]) -> float:
    return sum(math.exp(logprob) for _, logprob in alternatives)


def is_answer(found: Any) -> bool:
    """Whether this is what `answer_of` makes, as JSON has it: what lay in a file may be damaged, or older."""
    if not isinstance(found, dict) or found.keys() != {"text", "tokens", "in", "out"}:
        return False
    counts, tokens = (found["in"], found["out"]), found["tokens"]
    if not isinstance(found["text"], str) or not all(n is None or (type(n) is int and 0 <= n < MANY) for n in counts):
        return False
    return tokens is None or (isinstance(tokens, list) and bool(tokens) and all(map(_is_place, tokens)))


def _is_place(found: Any) -> bool:
    """Whether this is what may stand at one place of an answer."""
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(one, list) and len(one) == 2 for one in found)
        and all(isinstance(token, str) and type(logprob) is float and logprob <= SLACK for token, logprob in found)
        and _total(found) <= 1 + EXCESS
    )
