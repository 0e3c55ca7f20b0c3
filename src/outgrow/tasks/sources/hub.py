"""Datasets of the Hugging Face hub, read as Parquet files: no code of a dataset is run, no `datasets` needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from outgrow.errors import DataError, MissingDependency, NotFetched
from outgrow.spec import spec
from outgrow.tasks.sources.records import Cells, parquet_records
from outgrow.tasks.sources.text import TextTask

CONVERTED = "refs/convert/parquet"  # the branch to which the hub writes every dataset as CONFIG/SPLIT/NNNN.parquet


@spec
class HubTask(TextTask):
    """A dataset of the hub turned into binary classification; a task of its own says which and how.

    All labelled splits are pooled, since experiments split by themselves, by group.
    """

    repo: ClassVar[str]
    config: ClassVar[str] = "default"
    splits: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[str, ...]]

    @property
    def source(self) -> str:
        return f"dataset {self.repo}"

    def fingerprint(self) -> str:
        """The dataset's commit; DataError if neither the hub nor the cache has it."""
        return commit(self.repo)

    def records(self) -> Iterator[Cells]:
        """The columns `columns` of all splits, from the hub or its cache; DataError says why that cannot be."""
        files = parquet_files(self.repo, self.config, self.splits)
        return (record for _, record in parquet_records(files, self.columns, source=self.source))


def commit(repo: str, revision: str = CONVERTED) -> str:
    """The commit that a revision stands for, 40 hex digits: as the hub says, or offline as it was when last fetched.

    Raises:
        DataError: there is no such dataset or no right to it; or no hub in reach, and nothing in the cache.
    """
    _hub()
    from huggingface_hub import constants

    return _commit(repo, revision, constants.HF_HUB_CACHE, constants.is_offline_mode())


def parquet_files(repo: str, config: str, splits: Iterable[str], revision: str = CONVERTED) -> list[Path]:
    """The Parquet files of splits, fetched if need be. Raises DataError as `commit` does, or for an unknown split."""
    wanted = commit(repo, revision)
    hub = _hub()
    splits = tuple(splits)
    patterns = [f"{config}/{split}/*.parquet" for split in splits]
    try:
        folder = Path(hub.snapshot_download(repo, repo_type="dataset", revision=revision, allow_patterns=patterns))
    except Exception as error:  # the type of network errors depends on the library's version
        raise (_refusal(repo, revision, error) or _unreachable(repo, error)) from error
    if folder.name != wanted:
        _commit.cache_clear()
        raise DataError(f"dataset {repo} was changed on the hub while it was read; run again")
    found = {split: sorted((folder / config / split).glob("*.parquet")) for split in splits}
    if missing := [split for split, files in found.items() if not files]:
        there = ", ".join(sorted({f"{file.parts[-3]}/{file.parts[-2]}" for file in folder.glob("*/*/*.parquet")}))
        raise DataError(
            f"dataset {repo} at {revision}: no Parquet file of {config}/{missing[0]} in {folder}; "
            f"{f'there are {there}; ' if there else ''}check config and split, and if the hub cannot be "
            f"reached, fetch them once where it can: `hf download --repo-type dataset {repo} --revision {revision}`"
        )
    return [file for files in found.values() for file in files]


def split_names(split: str | Sequence[str]) -> list[str]:
    """One split or several, as a list."""
    return [split] if isinstance(split, str) else list(split)


@lru_cache(maxsize=256)
def _commit(repo: str, revision: str, cache: str, offline: bool) -> str:
    """`cache` and `offline` are there so that another setting is looked up anew."""
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        return revision
    try:
        found = _hub().HfApi().dataset_info(repo, revision=revision, timeout=10).sha
    except Exception as error:  # the type of network errors depends on the library's version
        if refusal := _refusal(repo, revision, error):
            raise refusal from error
        reference = Path(cache) / f"datasets--{repo.replace('/', '--')}" / "refs" / revision
        if not os.path.isfile(reference):
            raise _unreachable(repo, error) from error
        return reference.read_text().strip()
    assert found is not None, "the hub names the commit of every revision"
    return str(found)


def _refusal(repo: str, revision: str, error: Exception) -> DataError | None:
    """What the hub has answered; None if it has not been reached."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return DataError(
            f"dataset {repo} is gated: accept its terms at https://huggingface.co/datasets/{repo}, then log in with "
            "`hf auth login` or set HF_TOKEN"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return DataError(
            f"no dataset {repo!r} on the hub, or a private one: check the name, or log in with `hf auth login`"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return DataError(f"dataset {repo} has no revision {revision!r} on the hub; {CONVERTED} is its Parquet form")
    if isinstance(error, errors.HFValidationError):
        return DataError(f"{repo!r} is no name of a dataset; write OWNER/NAME ({error})")
    return None


def _unreachable(repo: str, error: Exception) -> NotFetched:
    return NotFetched(
        f"dataset {repo} is not in the cache, and the hub cannot be reached ({type(error).__name__}): fetch it once "
        "where it can be, or set HF_HOME to a cache that holds it; `outgrow list packs` has data that need no hub"
    )


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise MissingDependency(
            "reading from the Hugging Face hub needs the package huggingface_hub: pip install huggingface_hub"
        ) from None
    return huggingface_hub
