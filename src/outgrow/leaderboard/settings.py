"""The settings of the leaderboard: shipped experiments, each with seeds enough."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.config import read_experiments
from outgrow.errors import UnknownName
from outgrow.experiment import Experiment
from outgrow.spec import suggestion

SEEDS = 10


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A shipped experiment whose method is exchanged.

    Args:
        name: what tables call it.
        experiment: of `outgrow list experiments`.
        overrides: as of `--set`.
        hard: whether the student learns the supervisor's answer, not its probabilities, as the paper's chess does.
    """

    name: str
    experiment: str
    overrides: tuple[str, ...] = ()
    hard: bool = False

    def experiments(self, seeds: int) -> list[Experiment]:
        """One for each seed, all with one method."""
        found = read_experiments(self.experiment, settings=list(self.overrides), seeds=range(seeds))
        first = found[0].method
        return [one for one in found if one.method == first]


SETTINGS = (
    Setting(name="chess", experiment="quickstart", overrides=("weak.model=chess-l",), hard=True),
    Setting(name="text", experiment="text-offline"),
    Setting(name="reward", experiment="reward-offline"),
    Setting(name="vision", experiment="vision-offline"),
    Setting(name="digits", experiment="digits"),
)


def chosen(names: str) -> list[Setting]:
    """Some of the settings by name, with commas between; all where none is named."""
    known = {one.name: one for one in SETTINGS}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise UnknownName(f"there is no setting {unknown[0]!r}; {suggestion(unknown[0], [*known])}")
    return [known[name] for name in dict.fromkeys(wanted)] if wanted else list(SETTINGS)
