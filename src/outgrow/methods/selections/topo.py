"""Without the rows that do not hang together with their label's others."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.graph import hangs_together, unlike
from outgrow.learning.labelled import labelled
from outgrow.learning.objective import Selection, WeakLabels
from outgrow.methods.selections.base import selections
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@selections.register(
    "topo",
    about="without the rows outside the largest connected part of their label, and those unlike their neighbours",
    source="TopoFilter, Wu et al. 2020; as in EleutherAI's w2s",
)
@spec
class Topo(Selection):
    """Leaves out a share of the rows: first those outside their label's largest strongly connected part of the graph.

    In the graph, rows lead to those of their nearest rows of other groups that have the same label. If these are fewer,
    the rest are those whose label is farthest from the mean label of their neighbours among the rows kept so far; if
    they are more, only the farthest are left out. The sources leave out all of them then, however many.

    It cannot help where errors of rows that are alike are alike: these hang together too.

    Args:
        contamination: share of the rows that is left out, rounded.
        neighbours: of the graph.
        nearest: neighbours for the mean label.
    """

    name: ClassVar[str] = "topo"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    needs_features: ClassVar[bool] = True
    contamination: Annotated[float, Field(ge=0, lt=1)] = 0.1
    neighbours: Annotated[int, Field(ge=1)] = 50
    nearest: Annotated[int, Field(ge=1)] = 50

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        rows = labelled(weak, seed=seed)
        inside = hangs_together(rows, rows.near(self.neighbours))
        far = unlike(rows, inside, k=self.nearest)
        order = np.lexsort([-far, inside])
        kept = np.ones(len(far), bool)
        kept[order[: round(self.contamination * len(far))]] = False
        return rows.keep(kept)
