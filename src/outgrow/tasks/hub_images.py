"""The task `hub-images`: any dataset of labelled images of the Hugging Face hub that has a Parquet form."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.hub import CONVERTED, commit, parquet_files, split_names
from outgrow.tasks.sources.hub_images import read_images
from outgrow.tasks.sources.images import DECODING


@tasks.register(
    "hub-images",
    about="any dataset of labelled images of the Hugging Face hub, by `repo`",
    source="https://huggingface.co/docs/hub/datasets",
)
@spec
class HubImages:
    """Images of a dataset's Parquet files CONFIG/SPLIT/*.parquet, kept as arrays of one size.

    Args:
        repo: OWNER/NAME.
        image: column with the images, as the hub's datasets have them.
        label: column with the class, a number or a name.
        labels: values of `label` in the order of the classes; by default those that the dataset names, or found often.
        size: height and width in pixels that images are brought to; large images take much room.
        limit: at most so many examples; 0 is all.
        config: one of the dataset's configurations.
        split: one split or several, whose rows are pooled.
        revision: a branch or a commit; by default the Parquet form that the hub makes of every dataset.
    """

    name: ClassVar[str] = "hub-images"
    kind: ClassVar[Kind] = "classification"
    repo: str
    image: str = "image"
    label: str = "label"
    labels: tuple[str | bool | int, ...] = ()
    size: Annotated[int, Field(ge=1, le=1_024)] = 96
    limit: Annotated[int, Field(ge=0)] = 0
    config: str = "default"
    split: str | tuple[str, ...] = "train"
    revision: str = CONVERTED

    def identity(self) -> dict[str, Any]:
        """All fields, how images are decoded, and the commit that the revision stands for now."""
        own = {name: getattr(self, name) for name in ("repo", "image", "label", "size", "limit", "config")}
        own |= {"split": split_names(self.split), "labels": [str(value) for value in self.labels]}
        return {"name": self.name, **own, "decoding": DECODING, "commit": commit(self.repo, self.revision)}

    def load(self) -> Examples:
        """Fetch if need be, and decode; images that cannot be used are counted in `notes`, most bad is a DataError."""
        files = parquet_files(self.repo, self.config, split_names(self.split), self.revision)
        source = f"dataset {self.repo}"
        return read_images(files, self.image, self.label, self.labels, size=self.size, limit=self.limit, source=source)
