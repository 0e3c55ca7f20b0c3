"""What others do with labels of several labellers; run by an interpreter that has their packages.

`python own_labels_baselines.py IN.npz OUT.npz`, with scikit-learn, cleanlab, snorkel and torch. Each baseline is used
as its documentation shows, on the same standardised features, and gives a class to each test row.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np

CS = np.logspace(-4, 0, 5)  # strengths that cross-validation chooses from
FOLDS = 5


def main() -> None:
    """Predictions of every baseline, int64 [test rows], by name."""
    warnings.filterwarnings("ignore")
    given = np.load(sys.argv[1])
    x, votes, test, k = given["x"].astype(np.float64), given["votes"], given["test"].astype(np.float64), int(given["k"])
    audited, checked = given["audited"], given["checked"]
    found = {}
    counts = (votes[..., None] == np.arange(k)).sum(0).astype(float)
    most = (counts == counts.max(1, keepdims=True)) & (counts > 0)
    soft = most / np.maximum(most.sum(1, keepdims=True), 1)
    rng = np.random.default_rng(0)
    hard = np.array([rng.choice(k, p=row) if row.sum() else -1 for row in soft])
    heard = hard >= 0
    found["vote, logistic regression"] = fitted(x, soft).predict(test)
    found["vote, balanced"] = fitted(x, soft, balanced=True).predict(test)
    found["vote, cross-validated"] = chosen(x, soft).predict(test)
    found["vote, balanced, cross-validated"] = chosen(x, soft, balanced=True).predict(test)
    for name, own in (("cleanlab", 1.0), ("cleanlab, cross-validated", chosen(x, soft).C)):
        found[name] = cleaned(x[heard], hard[heard], own).predict(test)
    probable = label_model(votes, k)
    named = probable.argmax(1)
    one_hot = np.eye(k)[named] * heard[:, None]
    found["snorkel, logistic regression"] = fitted(x, one_hot).predict(test)
    found["snorkel, probabilities, cross-validated"] = chosen(x, probable * heard[:, None]).predict(test)
    if len(audited):
        truth = np.eye(k)[checked]
        found["audited rows alone"] = fitted(x[audited], truth).predict(test)
        found["audited rows alone, cross-validated"] = chosen(x[audited], truth).predict(test)
        mixed = soft.copy()
        mixed[audited] = truth
        found["vote and audited rows, cross-validated"] = chosen(x, mixed).predict(test)
    accuracy = np.array([hard, np.where(heard, named, -1)])
    np.savez(sys.argv[2], fused=accuracy, names=np.array(list(found)), said=np.stack(list(found.values())))


def fitted(x, soft, *, c=1.0, balanced=False):  # type: ignore[no-untyped-def]
    """Logistic regression on probabilities: each row once for each class it may have, with that weight."""
    from sklearn.linear_model import LogisticRegression

    row, label = np.nonzero(soft > 1e-6)
    weight = soft[row, label]
    model = LogisticRegression(C=c, max_iter=2_000, class_weight="balanced" if balanced else None)
    return model.fit(x[row], label, sample_weight=weight)


def chosen(x, soft, *, balanced=False):  # type: ignore[no-untyped-def]
    """The same with the strength that gets most of the held-out labels right."""
    from sklearn.model_selection import KFold

    right = np.zeros(len(CS))
    for learn, hold in KFold(FOLDS, shuffle=True, random_state=0).split(x):
        for i, c in enumerate(CS):
            said = fitted(x[learn], soft[learn], c=c, balanced=balanced).predict(x[hold])
            right[i] += soft[hold, said].sum()
    return fitted(x, soft, c=CS[right.argmax()], balanced=balanced)


def cleaned(x, labels, c):  # type: ignore[no-untyped-def]
    """Cleanlab's own learner around logistic regression."""
    from cleanlab.classification import CleanLearning
    from sklearn.linear_model import LogisticRegression

    return CleanLearning(LogisticRegression(C=c, max_iter=2_000), seed=0).fit(x, labels)


def label_model(votes, k):  # type: ignore[no-untyped-def]
    """Probabilities of snorkel's label model, as in its tutorials."""
    from snorkel.labeling.model import LabelModel

    model = LabelModel(cardinality=k, verbose=False)
    model.fit(L_train=votes.T, n_epochs=500, log_freq=100, seed=123)
    return model.predict_proba(L=votes.T)


if __name__ == "__main__":
    main()
