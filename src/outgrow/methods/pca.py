"""The principal component of contrasts: the direction in which a model's two answers differ most."""

from __future__ import annotations

from typing import ClassVar

from outgrow.learning.contrast import PrincipalContrast
from outgrow.methods.base import methods
from outgrow.methods.bases.contrast import Contrast
from outgrow.spec import spec


@methods.register(
    "pca",
    about="the first principal component of the difference between both answers; weak labels give its sign alone",
    source="Burns et al. 2022, arXiv 2212.03827, as CRC with the top component",
)
@spec
class Pca(Contrast):
    """The first component u of phi_1 - phi_0, each side centred; p = sigmoid(u . (phi_1 - phi_0) / its deviation).

    The cheapest control without labels, and close to `ccs` where that works. Its median row lies at one half, so it
    answers about as many of either class: it cannot help on unbalanced tasks, or where rows differ more in something
    else than in what is true.
    """

    name: ClassVar[str] = "pca"

    def finder(self) -> PrincipalContrast:
        return PrincipalContrast()
