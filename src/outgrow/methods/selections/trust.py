"""Only rows whose weak label is probably right, as rows of known truth teach to tell."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from outgrow.learning.objective import Chosen, Selection, WeakLabels
from outgrow.learning.trusted import columns, told, top, trust_scores
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
    """The rows of highest P(label right | w, H(w), features): a logistic head, fitted on the rows of known truth.

    Those rows are kept with their truth; of all others, the share `keep` of highest score. AUC, Brier and purity in
    the notes come of heads that have not seen the row. The source has a small network on the supervisor's last hidden
    state, fitted on another labelled set, and reports AUC .92 and purity .98 on knowledge questions, .83 and .69 on
    mathematics, one run each; it fails where the form of the task changes. Here, a linear head sees the weak
    probabilities and the student's frozen features, if it has such. It cannot help where AUC is near one half, and it
    is of no use if `gt_only` and `weak_then_gt` do as well with the same rows.

    Args:
        keep: share of the rows whose truth is not known, rounded up.
        l2: of the head, as of `train`.
    """

    name: ClassVar[str] = "trust"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"classification", "preference"})
    uses_truth: ClassVar[bool] = True
    wants_features: ClassVar[bool] = True
    keep: Annotated[float, Field(gt=0, le=1)] = 0.5
    l2: Annotated[float, Field(ge=0)] = 0.1

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        return self.choose(weak, seed=seed).weights

    def choose(self, weak: WeakLabels, *, seed: int) -> Chosen:
        said = weak.mean()
        truth = np.full(len(said), -1) if weak.truth is None else weak.truth
        labelled = said.any(1)
        right = np.where((truth >= 0) & labelled, said.argmax(1) == truth, -1).astype(np.int64)
        seen = columns(said, weak.features() if weak.features else None)
        scores = trust_scores(seen, right, weak.groups, l2=self.l2, seed=seed)
        weights = np.ones(len(said))
        if scores is not None:
            rest = np.flatnonzero((truth < 0) & labelled)
            weights[rest] = top(scores[rest], np.asarray(weak.ids)[rest], keep=self.keep)
        return Chosen(weights=weights, notes=(told(scores, right, weak.ids, keep=self.keep),))
