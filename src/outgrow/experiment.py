"""An experiment as a value, and its story from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outgrow.errors import ConfigError
from outgrow.methods.base import Method
from outgrow.metrics.base import metrics
from outgrow.models.base import Role
from outgrow.spec import plain, short
from outgrow.specs import SplitSpec
from outgrow.steps import Comparison, Labels, Predictor, Shift, Split, Steps
from outgrow.supervisors.base import Supervisor
from outgrow.supervisors.bases.audit import Audit
from outgrow.tasks.base import Task


class Backwards(ConfigError):
    """The strong model is smaller than the weak one."""


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """The half of an experiment that needs no ground truth of `transfer`: who teaches whom, of what, and how.

    Args:
        audited: who tells the truth of some rows, and abstains on the others; a student may learn from it.
        ladder: models, smallest first, that tell how difficult each example is: by the first from which on all are
            right. They learn from the ground truth of the pool.
    """

    task: Task
    split: SplitSpec
    weak: Supervisor
    strong: Role
    method: Method
    seed: int = 0
    audited: Supervisor | None = None
    ladder: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    @property
    def auditor(self) -> Supervisor | None:
        """Who tells the truth that the student may learn from."""
        return self.audited


@dataclass(frozen=True, kw_only=True)
class Experiment(Teaching):
    """One weak-to-strong experiment with one seed: a value that determines every number of its result.

    Args:
        n_ground_truth: rows of `transfer` whose ground truth the method learns from; 0 for a method that uses none.
        shift: another task, on whose test examples all roles are scored instead of their own.
    """

    name: str = "experiment"
    metric: str = "accuracy"
    n_ground_truth: int = 0
    shift: Shift | None = None

    def __post_init__(self) -> None:
        n, transfer = self.n_ground_truth, self.split.transfer
        if type(n) is not int or not 0 <= n <= transfer:
            raise ConfigError(
                f"n_ground_truth = {short(n)} must be a whole number from 0 to the rows of transfer, {transfer:,}",
                key="n_ground_truth",
            )
        if not self.method.uses_truth:
            object.__setattr__(self, "n_ground_truth", 0)  # so that equal experiments are equal
        super().__post_init__()
        for part, what in {"test": "scored", "validation": "checked"}.items():
            if not getattr(self.split, part):
                raise ConfigError(
                    f"models are {what} on the {part} examples: at least one is needed", key=f"split.{part}"
                )
        if misfit := metrics[self.metric].misfit(self.task.kind):
            raise ConfigError(
                f"the metric {self.metric!r} does not fit the task {self.task.name!r}: it {misfit}; "
                "choose another (outgrow list metrics)",
                key="metric",
            )
        if self.shift and (misfit := self.shift.misfit(self.task)):
            raise ConfigError(misfit, key="shift")

    @property
    def tested(self) -> str:
        """What the table calls the task: `sst2`, or `sst2 -> spam` where the test is another's."""
        return f"{self.task.name} -> {self.shift.task.name}" if self.shift else self.task.name

    @property
    def auditor(self) -> Supervisor | None:
        return Audit(rows=self.n_ground_truth) if self.n_ground_truth else self.audited

    def identity(self) -> dict[str, Any]:
        """All that determines the numbers but the seed, as identities: content, and no path."""
        budget = {"n_ground_truth": self.n_ground_truth} if self.n_ground_truth else {}
        return (
            budget
            | {
                "task": plain(self.task),
                "split": plain(self.split),
                "weak": plain(self.weak),
                "strong": plain(self.strong),
                "method": plain(self.method),
                "metric": self.metric,
            }
            | ({"shift": plain(self.shift)} if self.shift else {})
            | ({"ladder": plain(self.ladder)} if self.ladder else {})
        )


@dataclass(frozen=True, kw_only=True)
class Taught:
    """What came of a teaching, as references."""

    data: Split
    supervisor: Predictor
    labels: Labels
    student: Predictor


def teach(teaching: Teaching, steps: Steps) -> Taught:
    """Let a strong student learn from a weak supervisor; of ground truth of `transfer`, what an auditor tells."""
    data = steps.split(teaching.task, teaching.split, seed=teaching.seed, ladder=teaching.ladder)
    supervisor, audited = teaching.weak.predictor(steps, data, seed=teaching.seed), None
    if teaching.auditor:
        teller = teaching.auditor.predictor(steps, data, seed=teaching.seed)
        audited = steps.label(teller, teller.speaks_of or data.part("transfer"))
    teacher, silent = supervisor, teaching.split.unlabelled
    if silent:
        teacher = steps.silence(supervisor, share=silent, seed=teaching.seed)
    labels = steps.label(teacher, data.part("transfer"), audited=audited)
    student = teaching.method.train_student(
        steps, teaching.strong, data.part("transfer"), labels, objective=teaching.method.objective(),
        seed=teaching.seed,
    )  # fmt: skip
    return Taught(data=data, supervisor=supervisor, labels=labels, student=student)


def run(experiment: Experiment, steps: Steps) -> Comparison:
    """Measure how much of the strong ceiling a student recovers from a weak supervisor.

    Nothing is computed here: what comes back is a reference to the result, whose key is known already.
    """
    strong, method, seed = experiment.strong, experiment.method, experiment.seed
    taught = teach(experiment, steps)
    data, transfer = taught.data, taught.data.part("transfer")
    ceiling = method.train_ceiling(steps, strong, transfer, seed=seed)  # the same examples, ground truth
    shift = experiment.shift
    zero_shot = method.zero_shot(steps, strong, data, task=(shift or experiment).task.name)
    return steps.compare(
        metric=experiment.metric, weak=taught.supervisor, student=taught.student, ceiling=ceiling,
        zero_shot=zero_shot, labels=taught.labels, split=steps.shifted(shift, data) if shift else data,
    )  # fmt: skip


def check(teaching: Teaching) -> None:
    """ConfigError where the pieces of a teaching do not fit each other."""
    task, weak, strong, method = teaching.task, teaching.weak, teaching.strong, teaching.method
    if not teaching.split.transfer:
        raise ConfigError("the student learns from transfer: it needs at least one example", key="split.transfer")
    if teaching.split.unlabelled and task.kind == "generation":
        raise ConfigError("rows without a label are of classes, and this task is of texts", key="split.unlabelled")
    if misfit := method.objective().misfit(task.kind):
        raise ConfigError(f"the task {task.name!r} is a {task.kind} task: {misfit}", key="method")
    if method.uses_truth and teaching.auditor is None:
        raise ConfigError(
            f"{method.label!r} learns from rows whose truth is known: say how many rows of transfer may be such, as in "
            "n_ground_truth = 100",
            key="n_ground_truth",
        )
    if strong.train.optimizer == "lbfgs" and not method.objective().loss.convex:
        raise ConfigError(
            f'"lbfgs" needs a convex loss, and the loss of {method.label!r} is not; use "adam"',
            key="strong.train.optimizer",
        )
    if task.kind == "generation" and teaching.ladder:
        raise ConfigError("a ladder grades tasks of classes, and this task is of texts", key="difficulty")
    costs = [role.model.cost for role in teaching.ladder]
    if costs != sorted(costs):
        raise ConfigError("a ladder goes from the smallest model to the largest; sort its models", key="difficulty")
    ladder = [("difficulty", role) for role in teaching.ladder]
    for key, role in (*ladder, *(("weak", role) for role in weak.roles), ("strong", strong)):
        _check_role(key, role, task)
    if task.kind not in weak.kinds:
        raise ConfigError(
            f"{weak.label!r} cannot label {task.kind} tasks such as {task.name!r}, "
            f"only {', '.join(sorted(weak.kinds))}",
            key="weak",
        )
    if weak.learns and not teaching.split.supervisor:
        raise ConfigError(
            f"{weak.label!r} learns from ground truth: it needs at least one example", key="split.supervisor"
        )
    for rule in weak.rules:
        if rule.needs_features or rule.uses_truth:
            what = "frozen features of a student" if rule.needs_features else "rows of known truth"
            raise ConfigError(
                f"a rule cannot look at {what}, as {rule.name!r} does; make it the method", key="weak.rule"
            )
    for model in weak.models:
        if model.cost > strong.model.cost:
            raise Backwards(
                f"the weak model {model.label!r} is larger than the strong one {strong.model.label!r} "
                f"({model.cost:,.0f} against {strong.model.cost:,.0f} multiply-accumulates); swap [weak] and [strong]",
                key="weak.model",
            )


def _check_role(key: str, role: Role, task: Task) -> None:
    if role.train.optimizer == "lbfgs" and role.model.extractor() is None:
        raise ConfigError(
            f'"lbfgs" only solves linear heads on frozen features, and {role.model.label!r} is trained otherwise; '
            'use "adam", or training = "probe" for that model',
            key=f"{key}.train.optimizer",
        )
    if role.train.anchor and (why := _no_anchor(role, task)):
        raise ConfigError(
            f"anchor = {role.train.anchor:g} holds the vectors that a head reads, and {why}; set anchor = 0 for it",
            key=f"{key}.train.anchor",
        )
    if task.kind not in role.model.kinds:
        raise ConfigError(
            f"model {role.model.name!r} cannot learn {task.kind} tasks such as {task.name!r}, "
            f"only {', '.join(sorted(role.model.kinds))}",
            key=f"{key}.model",
        )


def _no_anchor(role: Role, task: Task) -> str:
    """Why there is nothing that an anchor could hold, or an empty text."""
    if role.model.extractor() is not None:
        return f"those of {role.model.label!r} are frozen already"
    if task.kind == "generation":
        return f"the task {task.name!r} is a generation task, which has no head of its own"
    return "" if role.model.represents else f"{role.model.label!r} does not tell them"
