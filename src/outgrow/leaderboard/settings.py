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
        costly: methods that would take longer there than all others together.
        several: whether it has several supervisors, so that it matters how their labels become one.
    """

    name: str
    experiment: str
    overrides: tuple[str, ...] = ()
    hard: bool = False
    costly: tuple[str, ...] = ()
    several: bool = False

    def experiments(self, seeds: int) -> list[Experiment]:
        """One for each seed, all with one method."""
        found = read_experiments(self.experiment, settings=list(self.overrides), seeds=range(seeds))
        first = found[0].method
        return [one for one in found if one.method == first]


LONG = ("few_shot", "generative_finetuning", "icm")  # long prompts, many of them; a language model trained by each seed
FIVE = 'weak={model="ensemble",members=5,by="parts",of={model="minilm-l6",training="probe"}}'
SETTINGS = (
    Setting(
        name="chess", experiment="quickstart", overrides=("weak.model=chess-l", "split.transfer=800"), hard=True,
        costly=("trust",),  # its opinions are heads among 4,096 moves, many of them
    ),
    Setting(name="text", experiment="text-offline", costly=LONG),
    Setting(name="text-5", experiment="text-offline", overrides=(FIVE,), costly=LONG, several=True),
    Setting(name="reward", experiment="reward-offline", costly=LONG),
    Setting(name="vision", experiment="vision-offline"),
    Setting(name="digits", experiment="digits"),
)  # fmt: skip


def chosen(names: str) -> list[Setting]:
    """Some of the settings by name, with commas between; all where none is named."""
    known = {one.name: one for one in SETTINGS}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise UnknownName(f"there is no setting {unknown[0]!r}; {suggestion(unknown[0], [*known])}")
    return [known[name] for name in dict.fromkeys(wanted)] if wanted else list(SETTINGS)
