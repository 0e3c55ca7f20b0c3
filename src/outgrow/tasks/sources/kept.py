"""Rows on their way to examples: each content once, one verdict, and a group with all that is alike."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outgrow.tasks.sources.alike import joined
from outgrow.tasks.sources.classes import FEW

LIKE = "but for blanks, case, punctuation or Unicode form"
LARGE = 0.25  # share of the rows that a group has, from which on it is told


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A row as it becomes an example.

    Args:
        content: a hash of what a model sees.
        verdict: what it is said to be; None where the annotator says nothing.
        mark: equal for rows that are alike but for blanks, case, punctuation or Unicode form.
        stance: the verdict in a form that rows that are alike share.
        prompt: like `mark`, of the prompt that makes the group; or nothing.
        candidates: like `mark`, of each candidate, where a pair has neither prompt nor group.
        annotator: whose verdict it is; or nothing.
    """

    id: str
    content: str
    verdict: int | str | None
    text: str | tuple[str, str]
    label: int
    group: str
    mark: str
    stance: int | str
    prompt: str = ""
    candidates: tuple[str, ...] = ()
    annotator: str = ""
    difficulty: float | None = None


def once(rows: Iterable[Kept], counts: Counter[str], told: list[str]) -> list[Kept]:
    """Each content once: without annotators if no two rows contradict each other, with them as the most of them say."""
    found: defaultdict[str, list[Kept]] = defaultdict(list)
    for row in rows:
        found[row.content].append(row)
    if any(row.annotator for same in found.values() for row in same):
        return _voted(list(found.values()), counts, told)
    kept = []
    for same in found.values():
        if len({row.verdict for row in same}) == 1:
            counts["repeated"] += len(same) - 1
            kept.append(same[0])
        else:
            counts["disputed"] += len(same)
    return kept


def _voted(contents: Sequence[Sequence[Kept]], counts: Counter[str], told: list[str]) -> list[Kept]:
    """One row of each content, with the verdict of most annotators; an annotator who contradicts himself has none."""
    kept, differ, votes = [], 0, 0
    annotators: set[str] = set()
    for same in contents:
        said: defaultdict[str, set[int | str]] = defaultdict(set)
        for row in same:
            if row.verdict is not None:
                said[row.annotator].add(row.verdict)
        annotators.update(said)
        tally = Counter(next(iter(own)) for own in said.values() if len(own) == 1)
        votes += tally.total()
        differ += len(tally) > 1
        (best, most), (_, second) = [*tally.most_common(2), ("", 0), ("", 0)][:2]
        if not said:
            counts["unlabelled"] += 1
        elif most == second:
            counts["tied"] += 1
        else:
            kept.append(next(row for row in same if row.verdict == best))
    told.append(
        f"took the majority of {votes:,} labels by {len(annotators):,} annotators of {len(contents):,} examples; "
        f"they differ on {differ:,}"
    )
    return kept


def grouped(rows: Sequence[Kept], told: list[str]) -> list[Kept]:
    """The rows in groups, so that no row is like a row of another group; `told` says what was joined."""
    groups = [row.group for row in rows]
    by_prompt = joined(groups, [[row.prompt] if row.prompt else [] for row in rows])
    if n := len(set(groups)) - len(set(by_prompt)):
        told.append(f"joined {n:,} group{'' if n == 1 else 's'} whose prompts are alike {LIKE}")
    by_candidate = joined(by_prompt, [row.candidates for row in rows])
    if n := len(set(by_prompt)) - len(set(by_candidate)):
        told.append(f"joined {n:,} pair{'' if n == 1 else 's'} without a prompt with others that share a candidate")
    stances: defaultdict[str, set[int | str]] = defaultdict(set)
    for row in rows:
        stances[row.mark].add(row.stance)
    together = joined(by_candidate, [[row.mark] for row in rows])
    n = len(set(by_candidate)) - len(set(together))
    torn = sum(len(own) > 1 for own in stances.values())
    if n or torn:
        told.append(
            f"{_rows(len(rows) - len(stances), 'is', 'are')} like an earlier one {LIKE}"
            f"{f', {torn:,} of them with another label' if torn else ''}"
            + (f"; so that no two parts share one, joined {n:,} group{'' if n == 1 else 's'} with another" if n else "")
        )
    sizes = Counter(together)
    if len(rows) >= FEW and len(sizes) > 1 and (size := max(sizes.values())) >= len(rows) * LARGE:
        text = rows[together.index(sizes.most_common(1)[0][0])].text
        first = text if isinstance(text, str) else text[0]
        told.append(f"one group has {size:,} of {len(rows):,} rows, which stay in one part: {first[:60]!r} and others")
    return [dataclasses.replace(row, group=group) for row, group in zip(rows, together, strict=True)]


def _rows(n: int, one: str, several: str) -> str:
    return f"{n:,} row {one}" if n == 1 else f"{n:,} rows {several}"
