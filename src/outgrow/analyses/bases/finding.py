"""A finding: an estimate beside what was predicted of it, with a verdict, and what would decide it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from outgrow.intervals.measured import Measured, Parts
from outgrow.plain import counted

Verdict = Literal["holds", "fails here", "undecided"]
PAPER = 33  # claims of the paper; what has a higher number is a question besides
MOST = 1_000  # times as many: beyond that, a study is not what decides


@dataclass(frozen=True)
class Within:
    """The prediction that a number lies between two bounds."""

    low: float
    high: float

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"above {self.low:g}"
        return f"below {self.high:g}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}"

    @property
    def bounds(self) -> tuple[float, ...]:
        """Its ends that are numbers."""
        return tuple(end for end in (self.low, self.high) if math.isfinite(end))

    def judge(self, low: float, high: float) -> Verdict:
        """What an interval says: it lies within, outside, or across a bound."""
        if low > self.low and high < self.high:
            return "holds"
        return "fails here" if high < self.low or low > self.high else "undecided"


def Above(bound: float) -> Within:
    """The prediction that a number is larger."""
    return Within(bound, math.inf)


def Below(bound: float) -> Within:
    """The prediction that a number is smaller."""
    return Within(-math.inf, bound)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An estimate with its 95 % interval, and what a claim predicts of it.

    Args:
        about: what the number is of, in words that go on from the claim.
        low, high: None where nothing is known of the error.
        n: test rows.
        claim, says: the claim's number and statement.
        form: how numbers are written: a format, such as `+.1%`.
        parts: of the squared error; None where they are not known.
        takes: what would decide it, where that is neither seeds nor test rows.
    """

    about: str
    value: float
    low: float | None
    high: float | None
    seeds: int
    n: int
    predicted: Within
    claim: int = 0
    says: str = ""
    form: str = "+.3f"
    parts: Parts | None = None
    takes: str = ""

    @property
    def verdict(self) -> Verdict:
        """What the interval says of the prediction. Of one seed nothing is said: how seeds differ is not known."""
        if self.low is None or self.high is None or self.seeds < 2:
            return "undecided"
        return self.predicted.judge(self.low, self.high)

    @property
    def decides(self) -> str:
        """What would decide it, if the estimate stayed what it is; nothing where it is decided."""
        if self.verdict != "undecided":
            return ""
        if self.seeds < 2:
            return "two seeds or more, as of one it is not known how much they differ,"
        if self.low is None or self.high is None:
            return "test rows in more groups"
        if self.takes:
            return self.takes
        away = min(abs(self.value - bound) for bound in self.predicted.bounds)
        nearest = min(self.predicted.bounds, key=lambda bound: abs(self.value - bound))
        half = self.high - self.value if nearest > self.value else self.value - self.low
        if away * math.sqrt(MOST) <= half:
            return "no study of a likely size, as it lies on the bound,"
        share = 0.9 * (away / half) ** 2  # of the squared error that is there; a tenth to spare
        ways = self._ways(share)
        return " or ".join(ways) or f"about {math.ceil(1 / share)} times as many seeds and test rows"

    def _ways(self, share: float) -> list[str]:
        """How many seeds, or test rows, alone would bring the squared error to a share of what it is."""
        if self.parts is None or not sum(self.parts):
            return []
        seeds, rows, rest = (one / sum(self.parts) for one in self.parts)
        ways = [(seeds + rest, rows, self.seeds, "seed"), (rows + rest, seeds, self.n, "test row")]
        found = []
        for falls, stays, there, noun in ways:
            if falls and share > stays and (times := falls / (share - stays)) < MOST:
                found.append(f"about {counted(_round(there * max(times, 1.0)), noun)}")
        return found

    @property
    def sentence(self) -> str:
        """Claim, estimate, prediction and verdict in one sentence."""
        head = f"{numbered(self.claim)}, {self.says}" if self.claim else self.says or "Here"
        behind = f"{counted(self.seeds, 'seed')}, {counted(self.n, 'test row')}"
        would = f"; if the estimate stays, {self.decides} would decide" if self.decides else ""
        return f"{head}: {self.about} {self.shown}, predicted {self.predicted}: {self.verdict} ({behind}){would}."

    @property
    def shown(self) -> str:
        """The estimate and its interval."""
        ends = "" if self.low is None or self.high is None else f" [{self.low:{self.form}}, {self.high:{self.form}}]"
        return f"{self.value:{self.form}}{ends}".replace("-", "\u2212").replace("%", "\u202f%")

    def to_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "claim": self.claim, "says": self.says, "about": self.about, "value": self.value, "low": self.low,
            "high": self.high, "predicted": str(self.predicted), "verdict": self.verdict, "decides": self.decides,
            "seeds": self.seeds, "n": self.n,
        }  # fmt: skip


def numbered(claim: int) -> str:
    """What a number stands for: a claim of the paper, or a question besides."""
    return f"{'Claim' if claim <= PAPER else 'Question'} {claim}"


def written(value: float, form: str = "+.3f") -> str:
    """A number with a minus that is as wide as its plus."""
    return f"{value:{form}}".replace("-", "\u2212")


def finding(about: str, of: Measured, predicted: Within, *, form: str = "+.3f") -> Finding:
    """What a measured number says of a prediction."""
    at = of.estimate()
    return Finding(
        about=about, value=at.value, low=at.low, high=at.high, seeds=of.n_seeds, n=of.n, predicted=predicted,
        form=form, parts=of.parts(),
    )  # fmt: skip


def _round(count: float) -> int:
    """Up to two digits."""
    unit = max(1, 10 ** (math.floor(math.log10(count)) - 1))
    return int(math.ceil(count / unit) * unit)
