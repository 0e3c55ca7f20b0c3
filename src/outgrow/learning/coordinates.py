"""Rows of stored features as a matrix, and coordinates in which a head's loss curves about alike in every direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from outgrow.learning.feature_file import release

ROWS = 4_096  # of features, read or rotated at once
DIRECTIONS = 64  # of a sketch
SAMPLE = 512  # rows that it is made from, or up to twice as many
FLAT = 1e-6  # of the largest curvature: what is less comes of rounding as well as of the rows


def matrix(features: np.ndarray, rows: np.ndarray, *, device: torch.device) -> Tensor:
    """Some rows of stored features, float32 [n, width + 1] with a last column of ones for the bias.

    Of pairs, what the second has more than the first, [n, width]: rewards have no bias. Read in pieces, so that the
    features need not be in memory as a whole.
    """
    pairs, width = features.ndim == 3, features.shape[-1]
    x = torch.ones(len(rows), width + (not pairs), device=device)
    for start in range(0, len(rows), ROWS):
        piece = torch.from_numpy(features[rows[start : start + ROWS]]).to(device)
        x[start : start + len(piece), :width] = piece[:, 1].float() - piece[:, 0] if pairs else piece
        release(features)
    return x


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """The directions in which a mean loss curves most, found with two passes over some rows (Nystroem's method).

    Args:
        axes: [columns, directions], orthonormal.
        along: the curvature along each, [directions], smallest first.
    """

    axes: Tensor
    along: Tensor

    @classmethod
    def of(cls, x: Tensor, divisor: Tensor, bound: float) -> Sketch:
        """Of coordinates divided by `divisor` [columns], where a row curves by `bound` along its logit."""
        x, eps = x[:: max(1, len(x) // SAMPLE)].double(), torch.finfo(x.dtype).eps
        basis = _basis(x.shape[1]).to(x)  # rounded less than the shift: columns can be constant, or the same
        seen = (x.T @ (x @ (basis / divisor[:, None]))) / divisor[:, None] * (bound / len(x))
        shift = (eps * seen.norm()).clamp(min=1e-30)
        root = torch.linalg.cholesky(basis.T @ seen + shift * torch.eye(basis.shape[1], device=x.device))
        half = torch.linalg.solve_triangular(root, (seen + shift * basis).T, upper=False)
        squares, turn = torch.linalg.eigh(half @ half.T)
        axes = half.T @ (turn / squares.clamp(min=shift).sqrt())
        return cls(axes=axes.float(), along=(squares - shift).clamp(min=0).float())

    def inverse(self, vectors: Tensor, penalty: Tensor) -> Tensor:
        """The inverse of the curvature, as far as it is known, times vectors [students, k, columns].

        Args:
            penalty: what is added to the curvature in every direction, [students].
        """
        known = (self.along + penalty[:, None]).clamp(min=FLAT * float(self.along[-1]))
        rest = 1 / known[:, :1]
        return vectors * rest[:, None] + ((vectors @ self.axes) * (1 / known - rest)[:, None]) @ self.axes.T


@cache
def _basis(width: int) -> Tensor:
    """Random directions, [width, directions], orthonormal."""
    drawn = torch.randn(width, min(DIRECTIONS, width), generator=torch.Generator().manual_seed(0))
    basis: Tensor = torch.linalg.qr(drawn)[0]
    return basis


@dataclass(frozen=True, kw_only=True)
class Coordinates:
    """Axes for features, the bias left as it is, and what to divide coordinates by so that the loss curves evenly.

    Args:
        axes: [width, width], orthonormal columns; None for the features themselves.
        curvature: of the mean loss along each axis and, last, the bias, [columns of the matrix].
        sketch: of the loss in the divided coordinates; None where axes are uncorrelated.
    """

    axes: Tensor | None
    curvature: Tensor
    sketch: Sketch | None

    @classmethod
    def plain(cls, x: Tensor, squares: Tensor, penalty: Tensor, bound: float) -> Coordinates:
        """The features themselves.

        Args:
            squares: means of the squares of each column of x, [columns].
            penalty: about what students have, [columns].
            bound: the most that a row's loss curves along its logit (Boehning 1992).
        """
        curvature = bound * squares + penalty
        found = cls(axes=None, curvature=curvature, sketch=None)
        return replace(found, sketch=Sketch.of(x, found.scale(torch.zeros_like(penalty)[None])[0], bound))

    @classmethod
    def uncorrelated(cls, x: Tensor, width: int, shares: Tensor) -> Coordinates:
        """Axes along which the mean loss curves independently.

        Args:
            x: features, with or without a column of ones.
            shares: what each row adds to the curvature along its logit, [n].
        """
        hessian = torch.zeros(width, width, device=x.device)
        for piece, share in zip(torch.split(x, ROWS), torch.split(shares, ROWS), strict=True):
            hessian += (piece[:, :width] * share[:, None]).T @ piece[:, :width]
        along, axes = torch.linalg.eigh(hessian.double())
        curvature = torch.cat([along.clamp(min=0).float(), shares.sum().expand(x.shape[1] - width)])
        return cls(axes=axes.float(), curvature=curvature, sketch=None)

    def rotate_(self, x: Tensor) -> Tensor:
        """A matrix of features, or of weights [k, columns], along these axes; in place."""
        if self.axes is not None:
            for piece in torch.split(x, ROWS):
                piece[:, : len(self.axes)] = piece[:, : len(self.axes)] @ self.axes
        return x

    def back(self, w: Tensor) -> Tensor:
        """Weights along these axes [..., columns] to weights of the features."""
        if self.axes is None:
            return w
        width = len(self.axes)
        return torch.cat([w[..., :width] @ self.axes.T, w[..., width:]], -1)

    def scale(self, penalty: Tensor) -> Tensor:
        """What to divide each student's coordinates by, [students, columns].

        A direction in which the rows do not vary but for rounding is not blown up: it counts as a little curved.

        Args:
            penalty: [students, columns]; left out where a sketch takes account of it.
        """
        floor = max(FLAT * float(self.curvature.max()), torch.finfo(penalty.dtype).tiny)
        curvature = self.curvature.expand_as(penalty) if self.sketch else self.curvature + penalty
        return curvature.clamp(min=floor).sqrt()
