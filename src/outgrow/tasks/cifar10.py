"""CIFAR-10: small photographs of ten things."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import image_examples, pixel_rows
from outgrow.tasks.sources.pack import BIG_BENCH, pack_file, pack_fingerprint

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@tasks.register(
    "cifar10",
    about="which of ten things does this photograph of 32 x 32 pixels show?",
    source="Krizhevsky 2009, the 10,000 test images; in BIG-bench, pack bigbench",
)
@spec
class Cifar10:
    """The test images, uint8 [n, 32, 32, 3]."""

    name: ClassVar[str] = "cifar10"

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "fingerprint": pack_fingerprint(BIG_BENCH)}

    def load(self) -> Examples:
        """Read the images; PackMissing says how to fetch the pack."""
        from safetensors.numpy import load_file

        path = pack_file(BIG_BENCH, "cifar10.safetensors")
        with errors_name(path):
            arrays = load_file(path)
        return image_examples(pixel_rows(arrays["images"], arrays["labels"]), source="CIFAR-10", classes=CLASSES)
