"""A residual convolutional network from a position to one logit per move."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from outgrow.chess.moves import PAIRS, PROMOTION_PAIRS
from outgrow.chess.shape import PIECES, Shape


class Block(nn.Module):
    """Two 3x3 convolutions before which, and between which, stands a ReLU; added to the input with a learned weight.

    There is no normalisation, so that a row's result never depends on its batch.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.scale = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.second(F.relu(self.first(F.relu(x))))
        return x + self.scale * change


class BoardNetwork(nn.Module):
    """Logits over the 1,858 moves of `outgrow.chess.moves`.

    A move's logit is the product of a query of its from-square and a key of its to-square, plus a learned bias;
    an under-promotion adds a term read off its to-square.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, rank = shape.width, shape.rank
        self.rank = rank
        self.stem = nn.Conv2d(PIECES, width, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(width, 8, 8))
        self.blocks = nn.Sequential(*(Block(width) for _ in range(shape.blocks)))
        self.query = nn.Conv2d(width, rank, 1)
        self.key = nn.Conv2d(width, rank, 1)
        self.promote = nn.Conv2d(width, 3, 1)
        self.bias = nn.Parameter(torch.zeros(len(PAIRS)))
        number = {pair: i for i, pair in enumerate(PAIRS)}
        self.register_buffer("pairs", torch.tensor([64 * start + end for start, end in PAIRS]), persistent=False)
        self.register_buffer("promoting", torch.tensor([number[p] for p in PROMOTION_PAIRS]), persistent=False)
        self.register_buffer("promoted_on", torch.tensor([end for _, end in PROMOTION_PAIRS]), persistent=False)

    def features(self, boards: Tensor) -> Tensor:
        """The trunk's last hidden layer: piece codes [n, 64] -> [n, width, 8, 8]."""
        planes = F.one_hot(boards.long(), PIECES).transpose(1, 2).reshape(-1, PIECES, 8, 8)
        return F.relu(self.blocks(self.stem(planes.to(self.place.dtype)) + self.place))

    def forward(self, boards: Tensor) -> Tensor:
        """Piece codes [n, 64] -> logits [n, 1858]."""
        x = self.features(boards)
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)
        scores = torch.bmm(query.transpose(1, 2), key).flatten(1) * self.rank**-0.5
        pairs = scores[:, self.pairs] + self.bias
        promote = self.promote(x).flatten(2)[:, :, self.promoted_on].transpose(1, 2)
        under = pairs[:, self.promoting].unsqueeze(2) + promote
        return torch.cat([pairs, under.flatten(1)], 1)
