"""Digits: small handwritten digits that come with scikit-learn."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from outgrow.errors import DataError, MissingDependency
from outgrow.spec import spec
from outgrow.tasks.base import Examples, Kind, tasks
from outgrow.tasks.sources.image_rows import image_examples, pixel_rows

SHA256 = "b41ca9fd335466eee997366c2e6f6bbe0a1b4582afe091fc4eba35f4a254182f"  # of the pixels as we give them


@tasks.register(
    "digits",
    about="which handwritten digit is this? 8 x 8 pixels",
    source="Alpaydin and Kaynak 1998, in scikit-learn",
)
@spec
class Digits:
    """The 1,797 digits of scikit-learn, uint8 [n, 8, 8, 3], white ink on black."""

    name: ClassVar[str] = "digits"

    @property
    def kind(self) -> Kind:
        return "classification"

    def identity(self) -> dict[str, Any]:
        return {"name": self.name, "fingerprint": f"sha256:{SHA256}"}

    def load(self) -> Examples:
        """Read the images; an error says if scikit-learn is not here, or has other ones."""
        import numpy as np

        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise MissingDependency("digits needs the extra [vision]: pip install 'outgrow[vision]'") from error
        found = load_digits()
        images = np.rint(found.images * (255 / 16)).astype(np.uint8)  # from 0 ... 16
        if hashlib.sha256(images.tobytes()).hexdigest() != SHA256:
            raise DataError("this scikit-learn has other digits than releases 1.4 to 1.9; install one of these")
        return image_examples(
            pixel_rows(images, found.target), source="digits", classes=[str(digit) for digit in range(10)]
        )
