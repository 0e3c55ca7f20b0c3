"""Only rows whose weak label is probably right, as rows of known truth teach to tell."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.objective import Chosen, Selection, WeakLabels
from outgrow.learning.opinions import scores_of
from outgrow.learning.trusted import known_right, told, weights_of
from outgrow.methods.selections.base import selections
from outgrow.spec import spec
from outgrow.tasks.base import Kind


@selections.register(
    "trust",
    about="rows whose label a score trusts that is learned from rows of known truth",
    source="Trust functions, arXiv 2606.01000, changed as its page says",
)
@spec
class Trust(Selection):
    """The rows of highest P(label right | w, features), as rows of known truth teach to tell.

    Those rows are kept with their truth; of all others, the share `keep` of highest score. Four heads that have not
    learned the row say what its features speak for, in log-odds. Two learned the weak labels: how probable is w, and do
    labels of rows like it agree with that head? Two learned the known rows: how probable is w, and are labels of rows
    like it right? A logistic head on these, w and H(w) is fitted on the known rows; their own scores, and so AUC, Brier
    and purity in the notes, come of others. Without features, or 3 groups of known rows, it sees only w and H(w).

    The source has a small network on the supervisor's last hidden state, fitted on another labelled set, and reports
    AUC .92 and purity .98 on knowledge questions, .83 and .69 on mathematics, one run each; it fails where the form of
    the task changes. It cannot help where AUC is near .5, and is no use where `gt_only` or `weak_then_gt` do as well.

    Args:
        keep: share of the rows whose truth is not known, rounded up.
        l2: of the heads, as of `train`.
    """

    name: ClassVar[str] = "trust"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    uses_truth: ClassVar[bool] = True
    wants_features: ClassVar[bool] = True
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5
    l2: Annotated[float, Field(ge=0)] = 0.1

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "score": "opinions"}  # results of a head on bare features are others

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        return self.choose(weak, seed=seed).weights

    def choose(self, weak: WeakLabels, *, seed: int) -> Chosen:
        right = known_right(weak)
        scores = scores_of(weak, right, l2=self.l2, seed=seed)
        weights = weights_of(weak, scores, keep=self.keep)
        return Chosen(weights=weights, notes=(told(scores, right, weak.ids, keep=self.keep),))
