"""What is compared where no method is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.learning.objective import WeakLabels
from outgrow.methods.base import Method
from outgrow.methods.composition import compose
from outgrow.methods.naive import Naive
from outgrow.methods.transforms.dawid_skene import DawidSkene
from outgrow.methods.transforms.em_posterior import EMPosterior
from outgrow.methods.transforms.vote import Vote

L2 = (0.1, 0.03, 0.3, 1.0)  # of a head on standardised features; the first unless another is clearly better


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A method, and what it is called."""

    name: str
    method: Method


def candidates(weak: WeakLabels) -> list[Candidate]:
    """The methods to compare, that first which is taken unless rows of known truth speak against it."""
    learns = weak.truth is not None and bool((weak.truth >= 0).any())
    plain = Candidate(name="naive", method=Naive())
    posterior = Candidate(name="em_posterior", method=compose([EMPosterior()]))
    if len(weak.probabilities) == 1:
        return [posterior, plain] if learns else [plain]
    vote = Candidate(name="vote", method=compose([Vote()]))
    return [posterior, vote, Candidate(name="dawid_skene", method=compose([DawidSkene()])), plain]
