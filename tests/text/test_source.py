"""Where models come from: the hub's cache, what is said when the hub does not give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outgrow import hub as source
from outgrow.errors import ConfigError, DataError
from outgrow.models.base import models
from outgrow.models.bases.language import PRESETS, LanguageModel
from outgrow.tasks.base import Output

CLASSES = Output(kind="classification", n_classes=2, class_names=("bad", "good"))


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """No commit is remembered from test to test."""
    source.commit.cache_clear()
    yield
    source.commit.cache_clear()


def test_a_preset_is_read_from_the_cache_by_its_commit(offline_hub: Callable[..., Path]) -> None:
    model = LanguageModel(name="gpt2")
    commit = source.commit("openai-community/gpt2", "main")
    assert len(commit) == 40
    assert model.identity()["weights"] == f"openai-community/gpt2@{commit}"
    assert source.folder(pack="", path="openai-community/gpt2", revision="main").name == commit
    network = model.build(CLASSES, seed=0)
    assert network.backbone.config.model_type == "gpt2"  # type: ignore[union-attr]
    pinned = LanguageModel(name="gpt2", revision=commit)
    assert pinned.identity() == model.identity()


def test_another_revision_is_another_model(offline_hub: Callable[..., Path], tiny: Callable[..., Path]) -> None:
    offline_hub("openai-community/gpt2", tiny("gpt2", layers=4), revision="step100")
    one = LanguageModel(name="gpt2", revision="step100")
    assert one.identity() != LanguageModel(name="gpt2").identity()
    assert len(one.load().backbone.h) == 4


def test_a_repository_without_a_preset(offline_hub: Callable[..., Path], tiny: Callable[..., Path]) -> None:
    offline_hub("me/mine", tiny("llama", layers=2))
    model = LanguageModel(name="transformer", path="me/mine", max_length=16)
    assert model.label == "mine"
    assert model.cost == LanguageModel(name="transformer", path=str(tiny("llama", layers=2))).cost
    assert model.ladder() == [model]
    assert model.build(CLASSES, seed=0) is not None


def test_the_cost_of_a_repository_needs_its_configuration_alone(
    offline_hub: Callable[..., Path], tiny: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    offline_hub("me/mine", tiny("llama", layers=2))
    asked: list[Any] = []
    real = huggingface_hub.snapshot_download

    def download(*arguments: Any, **options: Any) -> str:
        asked.append(options["allow_patterns"])
        return str(real(*arguments, **options))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert LanguageModel(name="transformer", path="me/mine").cost > 0
    assert asked == [["config.json"]]


def test_a_cache_without_the_weights_is_named(offline_hub: Callable[..., Path], tiny: Callable[..., Path]) -> None:
    snapshot = offline_hub("me/mine", tiny("llama", layers=2))
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"the weights in .* cannot be read"):
        LanguageModel(name="transformer", path="me/mine").build(CLASSES, seed=0)


def refusals() -> dict[str, tuple[Exception, str]]:
    errors = pytest.importorskip("huggingface_hub.errors")

    def made(kind: type[Exception]) -> Exception:
        return kind.__new__(kind, "from the hub")  # their constructors want a response

    return {
        "gated": (made(errors.GatedRepoError), r"the model 'me/mine' is gated: accept its licence.*hf auth login"),
        "absent": (made(errors.RepositoryNotFoundError), r"no model 'me/mine' on the hub, or it is private.*check the"),
        "revision": (made(errors.RevisionNotFoundError), r"'me/mine' has no revision 'main'; leave `revision` out"),
        "network": (OSError("no route"), r"'me/mine' is not in the local cache and .*\(OSError\).*outgrow list packs"),
        "timeout": (
            TimeoutError(),
            r"'me/mine' is not in the local cache and the hub cannot be reached \(TimeoutError",
        ),
    }


@pytest.mark.parametrize("case", ["gated", "absent", "revision", "network", "timeout"])
def test_refusals_of_the_hub_are_told_with_the_cure(
    case: str, offline_hub: Callable[..., Path], tiny: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    error, why = refusals()[case]

    class Api:
        def model_info(self, *_: Any, **__: Any) -> None:
            raise error

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    model = LanguageModel(name="transformer", path="me/mine")
    for call in (model.identity, model.load, lambda: model.cost):
        with pytest.raises(DataError, match=why):
            call()
    if case in ("network", "timeout"):  # what was fetched before will do
        offline_hub("me/mine", tiny("llama", layers=2))
        assert model.identity()["weights"].startswith("me/mine@")
    else:  # a file of the snapshot is refused

        def refuse(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
        with pytest.raises(DataError, match=why.replace("main", "a" * 40)):
            LanguageModel(name="transformer", path="me/mine", revision="a" * 40).load()


def test_the_hub_is_asked_for_the_commit(offline_hub: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    class Api:
        def model_info(self, path: str, **_: Any) -> Any:
            return type("Info", (), {"sha": "b" * 40})()

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    assert LanguageModel(name="gpt2").identity()["weights"] == "openai-community/gpt2@" + "b" * 40


def test_offline_and_not_in_the_cache(offline_hub: Callable[..., Path]) -> None:
    model = LanguageModel(name="pythia-2.8b")
    for call in (model.identity, model.load):
        with pytest.raises(DataError, match=r"'EleutherAI/pythia-2.8b' is not in the local cache.*smollm2-135m"):
            call()
    with pytest.raises(DataError, match="is not in the local cache and the hub cannot be reached"):
        LanguageModel(name="gpt2", revision="v2").identity()
    with pytest.raises(DataError, match="is not in the local cache and the hub cannot be reached"):
        LanguageModel(name="gpt2", revision="c" * 40).load()


@pytest.mark.parametrize(
    "path", ["/no/where", "./nothing", "../x", "a/b/c", "some folder", "~/nothing", "a--b/c", "x/.y"]
)
def test_a_path_that_is_neither_a_folder_nor_a_repository(path: str, offline_hub: Callable[..., Path]) -> None:
    model = LanguageModel(name="transformer", path=path)
    for call in (model.identity, model.load, lambda: model.cost):
        with pytest.raises(
            (ConfigError, DataError), match="neither a folder here nor a hub repository such as 'org/name'"
        ):
            call()


def test_a_pack_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path))
    for name in ("smollm2-135m", "minilm-l6", "minilm-l3"):
        assert LanguageModel(name=name).identity()["weights"].startswith(name)
        with pytest.raises(DataError, match=f"outgrow packs get {name}"):
            LanguageModel(name=name).load()


def test_presets_are_registered_and_their_ladders_rise() -> None:
    assert len(PRESETS) == 29
    for name, preset in PRESETS.items():
        model = models[name]()
        assert isinstance(model, LanguageModel)
        assert model.generates == preset.generates == ("generation" in model.kinds)
        costs = [one.cost for one in model.ladder()]
        assert costs == sorted(set(costs))
        assert model in model.ladder()
        cut = models[name](layers=preset.layers // 2 + 1)
        assert cut.label == f"{name}[:{preset.layers // 2 + 1}]"
        assert 0 < cut.cost <= model.cost
        rates = [models[name](training=training).train_defaults()["learning_rate"] for training in ("full", "lora")]
        assert rates[1] == pytest.approx(10 * rates[0])
