"""The task `hub`: any dataset of the Hugging Face hub that has a Parquet form."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import tasks
from outgrow.tasks.sources.hub import CONVERTED, commit, parquet_files, split_names
from outgrow.tasks.sources.reading import read_tables
from outgrow.tasks.sources.records import Table
from outgrow.tasks.sources.table import TableTask


@tasks.register(
    "hub", about="any dataset of the Hugging Face hub, by `repo`", source="https://huggingface.co/docs/hub/datasets"
)
@spec
class HubTable(TableTask):
    """Columns of a dataset's Parquet files CONFIG/SPLIT/*.parquet.

    Args:
        repo: OWNER/NAME.
        config: one of the dataset's configurations.
        split: one split or several, whose rows are pooled.
        revision: a branch or a commit; by default the Parquet form that the hub makes of every dataset.
    """

    name: ClassVar[str] = "hub"
    repo: str
    config: str = "default"
    split: str | tuple[str, ...] = "train"
    revision: str = CONVERTED

    def fingerprint(self) -> dict[str, Any]:
        """Dataset, configuration, splits, and the commit that the revision stands for now."""
        wanted = commit(self.repo, self.revision)
        return {"repo": self.repo, "config": self.config, "split": split_names(self.split), "commit": wanted}

    def table(self) -> Table:
        """All rows of the splits, numbered from 1."""
        files = parquet_files(self.repo, self.config, split_names(self.split), self.revision)
        return read_tables(files, source=f"dataset {self.repo}", form="parquet", columns=self.needed())
