"""What came of many prompts: counted, told, and too little of it an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from outgrow.endpoint.asking import Prompt
from outgrow.endpoint.question import Endpoint
from outgrow.errors import DataError, EndpointFailed
from outgrow.plain import counted, plain
from outgrow.spec import short

FAILED = 0.05  # share of prompts that may come to nothing
REJECTED = 10  # prompts that came to nothing before any was answered, after which nobody goes on
UNHEARD = 3  # the same, where that was found out by asking with patience
NONSENSE = 20  # prompts whose answers fit no class before any did, after which nobody goes on


class Tally:
    """Follows the prompts of one labelling."""

    def __init__(self, total: int, endpoint: Endpoint) -> None:
        self.done = 0
        self._total, self._endpoint = total, endpoint
        self._failed = self._silent = self._answers = self._kept = self._unread = self._weighed = self._voted = 0
        self._outside = 0.0
        self._failure = self._said = (total, "")  # of the first row that has one, not of the first to come
        self._tokens: Counter[str] = Counter()

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return self.done / max(1, self._total)

    @property
    def cost(self) -> float:
        """Of what was asked now."""
        return self._endpoint.cost(self._tokens["in"], self._tokens["out"])

    def count(self, prompt: Prompt) -> None:
        """Take down what came of one. Raises EndpointFailed, DataError: nothing good can come of the rest."""
        self.done += 1
        self._answers += prompt.answers
        self._kept += prompt.kept
        self._unread += prompt.unread
        self._tokens.update(prompt.tokens)
        if prompt.said:
            self._said = min(self._said, (prompt.row, prompt.said))
        if prompt.outside is not None:
            self._weighed += 1
            self._outside += prompt.outside
        self._voted += prompt.votes > 0
        if prompt.failure:
            self._failed += 1
            self._failure = min(self._failure, (prompt.row, prompt.failure))
        elif not prompt.label.any():
            self._silent += 1
        enough = REJECTED if prompt.rejected else UNHEARD
        if self._failed > FAILED * self._total or self._failed == self.done >= enough:
            raise EndpointFailed(
                f"{self._failed:,} of {counted(self.done, 'prompt')} so far came to nothing, such as this: "
                f"{self._failure[1]}; what was answered is kept: run again to ask the rest"
            )
        if self._silent == self.done == NONSENSE:
            raise self._nonsense()

    def check(self) -> None:
        """DataError where most answers fit no class."""
        if 2 * self._silent > self.done - self._failed:
            raise self._nonsense()

    def _nonsense(self) -> DataError:
        return DataError(
            f"{self._endpoint.model}: the answers to {self._silent:,} of {counted(self.done, 'prompt')} fit no class, "
            f"such as {short(plain(self._said[1]))}; change prompt, classes or max_tokens so that the class stands at "
            "the beginning of an answer"
        )

    def notes(self, troubles: Counter[str], refused: Sequence[str], damaged: int) -> list[str]:
        """What the user should know.

        Args:
            troubles: requests that came to nothing at first, by kind.
            refused: how requests were changed, as the endpoint does not take all that may stand in them.
            damaged: kept answers that were none.
        """
        name = self._endpoint.model
        found = [f"{name}: {counted(self._total, 'prompt')}, {self._bill()}"]
        found += [f"{name}: {one}" for one in refused]
        if damaged:
            found.append(f"{name}: {counted(damaged, 'answer')} kept from before could not be read: asked for anew")
        if self._weighed:
            found.append(
                f"{name}: the labels of {counted(self._weighed, 'prompt')} are log-probabilities of tokens; on average "
                f"{self._outside / self._weighed:.1%} of the probability lay outside the classes"
            )
        if self._voted:
            found.append(
                f"{name}: the labels of {counted(self._voted, 'prompt')} are votes of answers, as they came without "
                "log-probabilities"
            )
        if self._unread:
            found.append(
                f"{name}: {self._unread:,} of {counted(self._answers, 'answer')} fit no class, such as "
                f"{short(plain(self._said[1]))}; {counted(self._silent, 'prompt')} have no label for that reason"
            )
        if self._failed:
            found.append(f"{name}: {counted(self._failed, 'prompt')} came to nothing, such as this: {self._failure[1]}")
        if troubles:
            told = ", ".join(f"{n:,} {kind}" for kind, n in sorted(troubles.items()))
            found.append(f"{name}: requests that had to be sent again, or were given up: {told}")
        return found

    def _bill(self) -> str:
        """Answers asked for now and before, their tokens and cost."""
        tokens, new = self._tokens, self._answers - self._kept
        told = f"{counted(new, 'answer')} asked for now and {self._kept:,} kept from before"
        if new:
            told += f"; {tokens['in']:,} tokens in and {tokens['out']:,} out"
            if self._endpoint.price_in or self._endpoint.price_out:
                told += f", which cost {self.cost:.4g}"
            if tokens["uncounted"]:
                told += f"; {counted(tokens['uncounted'], 'answer')} came without a count of tokens"
        return told
