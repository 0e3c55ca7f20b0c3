"""Where to ask and what: values, and the request that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outgrow.spec import digest


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where to ask, and how fast. Of this, `url` and `model` alone determine answers.

    Args:
        url: as `address.check_url` gives it.
        key_env: name of the environment variable that holds the key; "" for none.
        concurrency: requests at once.
        requests_per_minute: 0 for any number.
        timeout: seconds.
        price_in, price_out: of a million tokens of prompts and of answers, in any currency.
    """

    url: str
    model: str
    key_env: str = ""
    concurrency: int = 4
    requests_per_minute: int = 0
    timeout: float = 60.0
    price_in: float = 0.0
    price_out: float = 0.0

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to ask, and how the answer is read.

    Args:
        classes: the word of each class, in order.
        prompt: a `prompts.Template`; "" for a plain one.
        answers: how many answers vote where no log-probabilities are given.
        temperature, max_tokens: of an answer.
        seed: of all answers; each of them has one of its own, so that no two err together.
        top_logprobs: alternatives to ask for at each token; 0 has answers vote.
    """

    classes: tuple[str, ...]
    prompt: str = ""
    answers: int = 5
    temperature: float = 1.0
    max_tokens: int = 16
    top_logprobs: int = 20
    seed: int = 0

    def request(self, model: str, prompt: str, i: int) -> dict[str, Any]:
        """The body of the request for the `i`-th answer to a prompt."""
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": int(digest([self.seed, i, prompt])[:7], 16),
        }
        if self.top_logprobs and i == 0:
            body |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        return body
