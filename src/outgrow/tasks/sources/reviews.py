"""Reviews of films, in pairs of a fresh and a rotten one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from outgrow.tasks.sources.records import Cells
from outgrow.tasks.sources.rows import Pair, key


def paired(records: Iterable[Cells]) -> Iterator[Pair]:
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
