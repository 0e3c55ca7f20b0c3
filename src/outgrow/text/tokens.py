"""Texts as tokens: rows that can be padded into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class TokenBatch(NamedTuple):
    """Padded tokens.

    Args:
        input_ids: int64 [sequences, longest].
        mask: int64, 1 at real tokens; None where nothing is padded.
        asked: bool, at positions whose next token is part of an answer; None where no answers are known.
    """

    input_ids: Tensor
    mask: Tensor | None
    asked: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Sequences of token numbers; every row has `per_row` of them, one after the other.

    Args:
        sequences: int64 arrays.
        pad: the token number that fills up batches; any will do, as it is masked.
        side: where batches are padded.
        asked: for each sequence, how many of its last tokens are the answer; or None.
        truncated: how many texts were cut to fit.
        limit: tokens a text may have.
    """

    sequences: Sequence[np.ndarray]
    pad: int
    per_row: int = 1
    side: str = "right"
    asked: Sequence[int] | None = None
    truncated: int = 0
    limit: int = 0
    cut: str = field(default="right")

    def __len__(self) -> int:
        return len(self.sequences) // self.per_row

    @cached_property
    def lengths(self) -> np.ndarray:
        each = np.array([len(one) for one in self.sequences], np.int64).reshape(-1, self.per_row)
        found: np.ndarray = each.max(1) * self.per_row
        return found

    def batch(self, rows: np.ndarray, device: torch.device) -> TokenBatch:
        chosen = [int(row) * self.per_row + i for row in rows for i in range(self.per_row)]
        some = [self.sequences[i] for i in chosen]
        longest = max(len(one) for one in some)
        ids = np.full((len(some), longest), self.pad, np.int64)
        mask = np.zeros((len(some), longest), np.int64)
        asked = np.zeros((len(some), longest), bool)
        for i, one in enumerate(some):
            where = slice(0, len(one)) if self.side == "right" else slice(longest - len(one), longest)
            ids[i, where], mask[i, where] = one, 1
            if self.asked is not None:
                asked[i, where.stop - self.asked[chosen[i]] - 1 : where.stop - 1] = True
        full = bool(mask.all())
        return TokenBatch(
            torch.from_numpy(ids).to(device),
            None if full else torch.from_numpy(mask).to(device),
            None if self.asked is None else torch.from_numpy(asked).to(device),
        )

    def note(self) -> list[str]:
        """What the user should know: how many texts were too long, and how many pairs are no longer any."""
        notes = []
        if self.truncated:
            n, were = len(self.sequences), "was" if self.truncated == 1 else "were"
            notes.append(
                f"{self.truncated:,} of {n:,} texts {were} longer than {self.limit} tokens and cut on the {self.cut}"
            )
        if alike := self._alike():
            cure = (
                f"set max_length above {self.limit}, or truncation = {'left' if self.cut == 'right' else 'right'!r}"
                if self.truncated
                else "the tokenizer does not tell them apart"
            )
            notes.append(
                f"both candidates of {alike:,} of {len(self):,} pairs are the same tokens: nothing is learned from "
                f"them, and their answer is a tie, which counts half; {cure}"
            )
        return notes

    def _alike(self) -> int:
        """Pairs of two equal sequences."""
        if self.per_row != 2:
            return 0
        pairs = zip(self.sequences[::2], self.sequences[1::2], strict=True)
        return sum(np.array_equal(one, two) for one, two in pairs)


@dataclass(frozen=True, kw_only=True)
class AnswerTokens:
    """Targets of text generation: the numbers of the answers' tokens."""

    tokens: Tokens

    def __getitem__(self, rows: np.ndarray) -> Tensor:
        """Int64 [m]: the tokens asked of these rows, in the order in which the network gives logits for them."""
        asked = self.tokens.asked
        assert asked is not None
        chosen = [int(row) * self.tokens.per_row + i for row in rows for i in range(self.tokens.per_row)]
        wanted = [self.tokens.sequences[i][len(self.tokens.sequences[i]) - asked[i] :] for i in chosen]
        return torch.from_numpy(np.concatenate(wanted))

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """Which row each of these tokens belongs to, int64 [m]."""
        asked = np.asarray(self.tokens.asked, np.int64).reshape(-1, self.tokens.per_row).sum(1)
        return np.repeat(rows, asked[rows])

    def table(self) -> None:
        """Tokens of answers have no table of classes."""


def tokenize(
    tokenizer: Any, texts: Sequence[str], *, limit: int, cut: str, per_row: int = 1, side: str = "right"
) -> Tokens:
    """Texts to tokens; longer ones are cut at `cut`, special tokens kept, and counted."""
    tokenizer.truncation_side = cut
    found = tokenizer(list(texts), truncation=True, max_length=limit)
    spare = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else 0
    return Tokens(
        sequences=[np.array(ids or [spare], np.int64) for ids in found["input_ids"]],
        pad=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else spare,
        per_row=per_row,
        side=side,
        truncated=sum(bool(one.overflowing) for one in found.encodings),
        limit=limit,
        cut=cut,
    )
