"""Whether PGR may be read, and if not, why: one word and one sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from outgrow.intervals.crossed import FEWEST, Estimate, crossed
from outgrow.metrics.base import Metric, Predictions
from outgrow.results.answers import Answers

ROLES = ("weak", "student", "ceiling")
NAMES = {"weak": "weak supervisor", "student": "student", "ceiling": "strong ceiling"}


def judge(answers: Answers, values: dict[str, np.ndarray], defined: list[str]) -> tuple[str, str]:
    """The verdict and its reason.

    `collapsed`: a role predicts one class. `undefined`: a role has no score. `few-groups`: the test examples come in
    so few groups that nothing is certain. `chance`: a role is not clearly better than the class shares alone. `no-gap`:
    the ceiling is not clearly better than the supervisor, so Fieller's set of the ratio is unbounded. `ok` otherwise.

    Args:
        values: of the metric, by role, [seeds, n].
        defined: roles with a score.
    """
    if len(np.unique(answers.truth)) > 1:
        for role in ROLES:
            if any((one == one[0]).all() for one in answers.predicted(role)):
                return "collapsed", f"the {NAMES[role]} predicts one class for every test example"
    for role in ROLES:
        if role not in defined:
            return "undefined", f"the {NAMES[role]} has no such score on these test examples"
    if answers.n_groups < FEWEST:
        groups = "one group" if answers.n_groups == 1 else f"{answers.n_groups} groups"
        return "few-groups", f"the test examples come in {groups}, so that there is no telling how certain a score is"
    if why := _chance(answers, values):
        return "chance", why
    gap = _worth(answers.metric, crossed(np.stack([values["weak"], values["ceiling"]]), answers.groups).estimate(-1, 1))
    if gap.low is None or gap.low <= 0:
        way, form = ("above" if answers.metric.larger_is_better else "below"), _form(answers.metric)
        return "no-gap", (
            f"the strong ceiling is not clearly {way} the weak supervisor "
            f"(gap {gap.value:{form}}, 95 % from {gap.low:{form}} to {gap.high:{form}})"
        )
    return "ok", ""


def _worth(metric: Metric, difference: Estimate) -> Estimate:
    """A difference of scores, positive where the first is better."""
    return difference if metric.larger_is_better else replace(difference, value=-difference.value)


def _form(metric: Metric) -> str:
    return "+.1%" if metric.share else "+.3g"


def _chance(answers: Answers, values: dict[str, np.ndarray]) -> str:
    """Which role is worst against the answer that knows the class shares alone, if any is not clearly above it."""
    metric, truth = answers.metric, answers.truth
    prior = by_class_shares(truth)
    if metric.chance:
        base, scored = float(np.mean(metric.values(prior))), values
    else:
        base = float((prior.predicted == truth).mean())
        scored = {role: answers.predicted(role) == truth for role in ROLES}
    found = {}
    for role in ROLES:
        difference = crossed((scored[role] - base)[None], answers.groups).estimate(1.0)
        found[role] = _worth(metric, difference) if metric.chance else difference
    role = min(ROLES, key=lambda one: found[one].value)
    worst = found[role]
    if worst.low is not None and worst.low > 0:
        return ""
    form = ".1%" if metric.share or not metric.chance else ".3g"
    own = float(np.mean(scored[role]))
    where = "below" if worst.high is not None and worst.high < 0 else "not clearly above"
    return f"the {NAMES[role]} is {where} chance ({own:{form}}; the class shares alone give {base:{form}})"


def by_class_shares(truth: np.ndarray) -> Predictions:
    """What somebody says who knows nothing but how often each class occurs."""
    classes, counts = np.unique(truth, return_counts=True)
    shares = counts / counts.sum()
    order = np.argsort(-shares, kind="stable")
    place = np.empty(len(classes), np.int64)
    place[order] = np.arange(len(classes))
    number = np.searchsorted(classes, truth)
    n, of_truth = len(truth), shares[number].astype(np.float32)
    equal = (place[number] > 0) & (of_truth == of_truth.max())
    return Predictions(
        predicted=np.full(n, classes[order[0]]),
        truth=truth,
        rank=place[number],
        truth_probability=np.where(equal, np.nextafter(of_truth, np.float32(0)), of_truth),  # it names one of equals
        confidence=np.full(n, shares.max(), np.float32),
        positive_probability=np.full(n, float(shares[classes == 1].sum()), np.float32),
        squared_error=(1 - 2 * shares[number] + (shares**2).sum()).astype(np.float32),
    )
