"""MNIST: handwritten digits."""

from __future__ import annotations

from typing import Any, ClassVar

from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.files import errors_name
from outgrow.tasks.sources.image_rows import image_examples, pixel_rows
from outgrow.tasks.sources.pack import pack_file, pack_fingerprint

PACK = "mnist-10k"


@tasks.register(
    "mnist", about="which handwritten digit is this? 28 x 28 pixels", source="LeCun et al. 1998; pack mnist-10k"
)
@spec
class Mnist:
    """Ten thousand digits, uint8 [n, 28, 28, 3], white ink on black."""

    name: ClassVar[str] = "mnist"

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "fingerprint": pack_fingerprint(PACK)}

    def load(self) -> Examples:
        """Read the images; PackMissing says how to fetch the pack."""
        from safetensors.numpy import load_file

        path = pack_file(PACK, "digits.safetensors")
        with errors_name(path):
            arrays = load_file(path)
        rows = pixel_rows(arrays["images"], arrays["labels"])
        return image_examples(rows, source="MNIST", classes=[str(digit) for digit in range(10)])
