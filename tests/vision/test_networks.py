"""Networks that see: shapes, strict loading, and that a row's answer depends on nothing but the row."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from mutations import mutated
from torch import nn

from outgrow import packs
from outgrow.errors import ConfigError, DataError, OutgrowError
from outgrow.models.base import Model, models
from outgrow.models.bases.images import ImageModel
from outgrow.spec import canonical
from outgrow.tasks.base import Output
from outgrow.tasks.sources.images import Preprocessing
from outgrow.vision.alexnet import AlexNet
from outgrow.vision.efficientnet import LITE, EfficientNetLite, SameConv, channels
from outgrow.vision.network import ImageNetwork

CPU = torch.device("cpu")
TEN = Output(kind="classification", n_classes=10)
LITES = {"efficientnet-lite0": (0, 4_652_008), "efficientnet-lite2": (2, 6_092_072)}


@pytest.fixture
def pixels(make_picture: Callable[..., Any]) -> np.ndarray:
    """Five small images, uint8 [5, 24, 24, 3]."""
    return np.stack([np.asarray(make_picture(i, size=(24, 24))) for i in range(5)])


def answers(network: nn.Module, pixels: np.ndarray, rows: list[int] | None = None) -> torch.Tensor:
    assert isinstance(network, ImageNetwork)
    with torch.inference_mode():
        batch = network.encode(pixels).batch(np.array(rows or range(len(pixels))), CPU)
        found: torch.Tensor = network(batch)
    return found


def check_rows(network: nn.Module, pixels: np.ndarray, width: int) -> torch.Tensor:
    """What each row gives is finite, its own, and the same alone, in another order, and while training."""
    network.eval()
    network.settle(CPU)  # type: ignore[operator]
    together = answers(network, pixels)
    assert together.shape == (5, width)
    assert together.dtype == torch.float32
    assert torch.isfinite(together).all()
    assert len(torch.unique(together, dim=0)) == 5
    alone = torch.cat([answers(network, pixels, [row]) for row in range(5)])
    torch.testing.assert_close(alone, together, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(answers(network, pixels, [4, 2, 0]), together[[4, 2, 0]], atol=1e-4, rtol=1e-4)
    network.train()
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    torch.testing.assert_close(answers(network, pixels), together, atol=1e-4, rtol=1e-4)
    return together


# EfficientNet-Lite


def test_convolutions_pad_like_tensorflow() -> None:
    conv = SameConv(1, 1, 3, 2, bias=False)
    nn.init.ones_(conv.weight)
    even = conv(torch.arange(16.0).view(1, 1, 4, 4))  # padded right and below alone: 0 + 1 + 2 + 4 + 5 + 6 + ...
    assert even.flatten().tolist() == [45.0, 39.0, 66.0, 50.0]
    odd = conv(torch.arange(9.0).view(1, 1, 3, 3))  # padded all around
    assert odd.flatten().tolist() == [8.0, 12.0, 20.0, 24.0]
    for size in range(5, 12):
        assert SameConv(1, 1, 5, 2)(torch.zeros(1, 1, size, 7)).shape[2:] == ((size + 1) // 2, 4)


def test_channels_are_multiples_of_eight() -> None:
    assert [channels(number, 1.1) for number in (16, 24, 40, 80, 112, 192, 320)] == [16, 24, 48, 88, 120, 208, 352]
    assert channels(10, 1.0) == 16  # 8 would be less than nine tenths
    assert [channels(number, 1.0) for number in (16, 320)] == [16, 320]


@pytest.mark.parametrize("name", LITES)
def test_efficientnets_have_the_published_sizes(name: str) -> None:
    size, parameters = LITES[name]
    with torch.device("meta"):
        network = EfficientNetLite(LITE[size])
    assert sum(value.numel() for value in network.parameters()) == parameters
    assert len(network._blocks) == {0: 16, 2: 21}[size]
    for resolution in (32, 64, 100, 224):
        assert network.eval()(torch.zeros(2, 3, resolution, resolution, device="meta")).shape == (2, 1_000)


def needs_pack(name: str) -> None:
    if not packs.present(name):
        pytest.skip(f"the pack {name} has not been fetched (outgrow packs get {name})")


@pytest.mark.parametrize("name", LITES)
def test_packed_weights_load_strictly_and_see(name: str, pixels: np.ndarray) -> None:
    needs_pack(name)
    model = models[name](resolution=64)
    assert isinstance(model, ImageModel)
    check_rows(model.feature_network(), pixels, 1_280)
    thousand = Output(kind="classification", n_classes=1_000)
    begun: Any = model.build(thousand, seed=0)
    assert torch.equal(begun.head.weight, cast(Any, model).parts()[1].weight)
    check_rows(begun, pixels, 1_000)
    check_rows(model.build(TEN, seed=0), pixels, 10)


def test_packed_weights_tell_airplanes_from_frogs() -> None:
    """Nearest class mean on frozen features of forty images of CIFAR-10: chance is a half."""
    needs_pack("efficientnet-lite0")
    needs_pack("bigbench")
    from outgrow.tasks.cifar10 import CLASSES, Cifar10

    examples = Cifar10().load()
    assert (examples.inputs.shape[1:], examples.n_classes) == ((32, 32, 3), 10)
    rows = np.concatenate([np.flatnonzero(examples.truth == CLASSES.index(name))[:40] for name in ("airplane", "frog")])
    network = models["efficientnet-lite0"](resolution=64).feature_network().eval()  # type: ignore[attr-defined]
    found = answers(network, examples.inputs[rows]).view(2, 40, -1)
    means = found[:, :20].mean(1)
    nearest = torch.cdist(found[:, 20:].reshape(40, -1), means).argmin(1)
    assert (nearest == torch.arange(2).repeat_interleave(20)).float().mean() > 0.9


# AlexNet


@pytest.fixture
def alexnet(monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """Random weights in place of those that torchvision publishes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = AlexNet().state_dict()

    def fetch(url: str, **options: Any) -> dict[str, torch.Tensor]:
        assert url == "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
        assert options["check_hash"] is True
        assert options["weights_only"] is True
        return state

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    return state


def test_alexnet_has_torchvisions_weights(alexnet: dict[str, torch.Tensor]) -> None:
    convolutions = [f"features.{i}" for i in (0, 3, 6, 8, 10)]
    linear = [f"classifier.{i}" for i in (1, 4, 6)]
    assert set(alexnet) == {f"{layer}.{kind}" for layer in convolutions + linear for kind in ("weight", "bias")}
    assert sum(value.numel() for value in alexnet.values()) == 61_100_840
    assert [tuple(alexnet[f"{layer}.weight"].shape) for layer in (*convolutions, *linear)] == [
        (64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3),
        (4096, 9216), (4096, 4096), (1000, 4096),
    ]  # fmt: skip


def test_alexnet_is_fetched_or_read_from_a_file(
    alexnet: dict[str, torch.Tensor], pixels: np.ndarray, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    torch.save(alexnet, tmp_path / "it.pth")
    save_file(alexnet, tmp_path / "it.safetensors")
    fetched = models["alexnet"](resolution=64)
    thousand = Output(kind="classification", n_classes=1_000)
    found = check_rows(fetched.build(thousand, seed=0), pixels, 1_000)
    with torch.inference_mode():  # the pretrained head, on features of the part before it
        batch = fetched.feature_network().encode(pixels).batch(np.arange(5), CPU)  # type: ignore[attr-defined]
        whole = AlexNet().eval()
        whole.load_state_dict(alexnet)
        torch.testing.assert_close(found, whole(batch), atol=1e-4, rtol=1e-4)
    check_rows(fetched.feature_network(), pixels, 4_096)  # type: ignore[attr-defined]
    assert json.loads(canonical(fetched))["weights"] == "alexnet-owt-7be5be79"
    for file in ("it.pth", "it.safetensors"):
        model = models["alexnet"](resolution=64, path=str(tmp_path / file))
        torch.testing.assert_close(answers(model.build(thousand, seed=0).eval(), pixels), found)
        assert canonical(model) != canonical(fetched)
        assert str(tmp_path) not in canonical(model)


def test_alexnet_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **options: Any) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    with pytest.raises(DataError, match=r"no route.*download https.*7be5be79.pth where you can, and set path to it"):
        models["alexnet"]().build(TEN, seed=0)
    torch.save({"features.0.weight": torch.zeros(2)}, tmp_path / "other.pth")
    torch.save(Path("pickled"), tmp_path / "pickle.pth")
    (tmp_path / "bad.safetensors").write_bytes(b"1234567890")
    for name, why in {"other.pth": "does not hold", "pickle.pth": "cannot be", "bad.safetensors": "cannot be"}.items():
        with pytest.raises(DataError, match=why):
            models["alexnet"](path=str(tmp_path / name)).build(TEN, seed=0)
    with pytest.raises(DataError, match="gone"):
        models["alexnet"](path=str(tmp_path / "gone")).identity()


# Backbones of transformers

FAMILIES = {"vit": 16, "dinov2": 16, "registers": 16, "resnet": 16, "mobilenet": 1280, "swin": 16}


def eye(folder: Path, **options: Any) -> Any:
    return models["vision"](**{"path": str(folder), "resolution": 32} | options)


@pytest.mark.parametrize("family", FAMILIES)
def test_backbones_of_every_kind(family: str, tiny_eye: Callable[..., Path], pixels: np.ndarray) -> None:
    folder = tiny_eye(family)
    small = check_rows(eye(folder).feature_network(), pixels, FAMILIES[family])
    check_rows(eye(folder, training="full").build(TEN, seed=0), pixels, 10)
    if family != "swin":
        large = check_rows(eye(folder, resolution=48).feature_network(), pixels, FAMILIES[family])
        assert (small - large).abs().max() > 1e-3
    one, other = eye(folder), eye(folder, resolution=64)
    assert canonical(one) != canonical(other)
    assert canonical(one.extractor()) != canonical(other.extractor())
    assert other.cost == pytest.approx(4 * one.cost)
    assert one.extractor().cost == one.cost > 1e4
    assert str(folder.parent) not in canonical(one)
    assert one.label == f"{folder.name}@32"


def test_features_are_the_cls_token_or_the_mean_over_patches(tiny_eye: Callable[..., Path], pixels: np.ndarray) -> None:
    folder = tiny_eye("registers")
    network = eye(folder).feature_network().eval()
    with torch.inference_mode():
        states = network.backbone.model(network.encode(pixels).batch(np.arange(5), CPU)).last_hidden_state
    assert states.shape == (5, 1 + 3 + 4, 16)  # 32 pixels are 2 x 2 patches of 14
    torch.testing.assert_close(answers(network, pixels), states[:, 0])
    mean = eye(folder, pooling="mean")
    torch.testing.assert_close(answers(mean.feature_network().eval(), pixels), states[:, 4:].mean(1))
    assert canonical(mean.extractor()) != canonical(eye(folder).extractor())
    for family in ("swin", "resnet"):
        with pytest.raises(ConfigError, match="has no CLS token"):
            eye(tiny_eye(family), pooling="cls").feature_network()


def test_normalisation_is_the_networks_own(tiny_eye: Callable[..., Path], pixels: np.ndarray) -> None:
    found = eye(tiny_eye("vit"), crop=1.0).preprocessing()
    assert (found.mean, found.deviation, found.crop) == ((0.5, 0.25, 0.75), (0.5, 0.25, 0.125), 1.0)
    plain = eye(tiny_eye("vit", normalised=False)).preprocessing()
    assert (plain.mean, plain.deviation, plain.crop) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 0.875)


def test_tokens_are_patches_or_tiles(tiny_eye: Callable[..., Path]) -> None:
    pixels = np.zeros((3, 8, 8, 3), np.uint8)
    for family, tokens in {"vit": 28**2, "dinov2": 16**2, "resnet": 49}.items():
        assert eye(tiny_eye(family), resolution=224).feature_network().encode(pixels).lengths.tolist() == [tokens] * 3


def test_pickled_weights_of_older_repositories_are_read_as_tensors(
    tiny_eye: Callable[..., Path], eyes_hub: Callable[..., None], pixels: np.ndarray
) -> None:
    found = models["dino-resnet50"](resolution=32)
    assert not any(found._folder().glob("*.safetensors"))  # type: ignore[attr-defined]
    check_rows(found.feature_network(), pixels, 16)  # type: ignore[attr-defined]
    other = eye(tiny_eye("resnet"))
    torch.testing.assert_close(
        answers(found.feature_network().eval(), pixels), answers(other.feature_network().eval(), pixels)  # type: ignore[attr-defined]
    )  # fmt: skip


def test_what_is_no_vision_model_is_refused(tiny_eye: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="BertModel, which does not take images"):
        eye(tiny_eye("bert")).feature_network()
    with pytest.raises(ConfigError, match="needs path"):
        models["vision"]()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="safetensors"):
        eye(tmp_path / "empty").feature_network()
    odd = tmp_path / "odd"
    odd.mkdir()
    for file in tiny_eye("vit").iterdir():
        (odd / file.name).write_bytes(file.read_bytes())
    (odd / "preprocessor_config.json").write_text('{"image_mean": [1], "image_std": "x"}')
    with pytest.raises(DataError, match="does not say how images are normalised"):
        eye(odd).feature_network()
    (odd / "config.json").write_text("{}")
    with pytest.raises(DataError, match="no model that transformers knows"):
        eye(odd).feature_network()


def test_missing_weights_are_noticed(tiny_eye: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for file in tiny_eye("resnet").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    state = load_file(tmp_path / "model.safetensors")
    gone = state.pop(sorted(state)[-1])
    assert gone.numel()
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="lack 1 of the model's"):
        eye(tmp_path).feature_network()


# Without any pretraining


@pytest.mark.parametrize("name", ["pixels", "random-patches"])
def test_simple_features(name: str, pixels: np.ndarray) -> None:
    model: Any = models[name]()
    width = {"pixels": 8 * 8 * 3, "random-patches": 4 * 128}[name]
    found = check_rows(model.feature_network(), pixels, width)
    again: Any = models[name]()
    torch.testing.assert_close(answers(again.feature_network().eval(), pixels), found)
    larger = dataclasses.replace(model, resolution=12)
    assert canonical(larger) != canonical(model)
    assert larger.cost > model.cost > 0
    assert larger.label == f"{name}@12"


def test_patches_larger_than_the_image_are_refused() -> None:
    with pytest.raises(ConfigError, match="patch = 5 is larger than an image of resolution 4"):
        models["random-patches"](patch=5, resolution=4)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "alexnet", "dino-vitb8", "pixels"])
def test_resolutions_are_in_the_label_and_the_cost(name: str) -> None:
    small, large = (models[name](resolution=resolution) for resolution in (64, 224))
    costs: list[Model] = [small, large]
    assert costs[1].cost == pytest.approx(costs[0].cost * 3.5**2)
    assert small.label == f"{name}@64"
    assert large.label == ("pixels@224" if name == "pixels" else name)
    assert large.ladder().count(large) == 1


def test_full_fine_tuning_is_in_the_label_and_a_revision_stays_with_its_repository() -> None:
    model = models["dino-vits16"](training="full", resolution=64, revision="v1")
    assert model.label == "dino-vits16@64 full"
    assert canonical(models["efficientnet-lite0"](training="full")) != canonical(models["efficientnet-lite0"]())
    ladder: list[Any] = model.ladder()
    assert [one.name for one in ladder] == ["dino-resnet50", "dino-vits16", "dino-vitb8"]
    assert [one.revision for one in ladder] == ["main", "v1", "main"]
    assert [one.name for one in models["efficientnet-lite2"]().ladder()] == ["efficientnet-lite0", "efficientnet-lite2"]


def test_presets_bring_the_papers_epochs() -> None:
    assert models["dino-resnet50"]().train_defaults()["epochs"] == 20
    assert models["dino-vitb8"]().train_defaults()["epochs"] == 5
    assert models["dino-vitb8"](training="full").train_defaults()["epochs"] == 5
    assert models["dino-vitb8"](training="full").train_defaults()["learning_rate"] == 1e-4


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
@pytest.mark.parametrize("family", ["vit", "resnet", "dinov2"])
def test_damaged_json_gives_only_our_own_errors(
    family: str, file: str, tiny_eye: Callable[..., Path], pixels: np.ndarray, tmp_path: Path
) -> None:
    told = 0
    for seed in range(24):
        folder = tmp_path / str(seed)
        shutil.copytree(tiny_eye(family), folder)
        (folder / file).write_bytes(mutated((folder / file).read_bytes(), np.random.default_rng(seed)))
        try:
            assert eye(folder).cost > 0
            eye(folder).identity()
            assert answers(eye(folder).feature_network().eval(), pixels).isfinite().all()
        except OutgrowError as error:
            told += 1
            assert str(folder) in str(error)  # noqa: PT017
    assert 6 <= told <= 24


def test_what_is_no_whole_vision_model_is_told(tiny_eye: Callable[..., Path], tmp_path: Path) -> None:
    def copied(name: str) -> Path:
        return Path(shutil.copytree(tiny_eye("vit"), tmp_path / name))

    adapter = copied("adapter")
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "vit"}')
    with pytest.raises(DataError, match=r"holds low-rank updates .* merge them into it"):
        assert eye(adapter).cost
    deep = copied("deep")
    config = json.loads((deep / "config.json").read_text())
    (deep / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 10**9}))
    with pytest.raises(DataError, match=r"config.json says num_hidden_layers = 1000000000; download"):
        assert eye(deep).cost
    cut = copied("cut")
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:-500])
    with pytest.raises(DataError, match=r"the weights in .* cannot be read as .*download the folder again"):
        eye(cut).feature_network()
    gone = copied("gone")
    (gone / "model.safetensors").unlink()
    (gone / "model.safetensors").symlink_to(gone / "blob")
    with pytest.raises(DataError, match=r"model.safetensors is a link to nothing"):
        eye(gone).identity()
    flat = copied("flat")
    (flat / "preprocessor_config.json").write_text('{"image_mean": [0, 0, 0], "image_std": [1, 0, 1]}')
    with pytest.raises(DataError, match=r"does not say how images are normalised: .*image_std = \[1, 0, 1\]"):
        eye(flat).preprocessing()


def test_the_vectors_that_a_head_reads_are_told_beside_its_logits(pixels: np.ndarray) -> None:
    """As `train.anchor` holds them, with all weights trained."""
    backbone = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    network = ImageNetwork(backbone, preprocessing=Preprocessing(resolution=32), head=nn.Linear(12, 10)).eval()
    batch = network.encode(pixels).batch(np.arange(5), CPU)
    logits, vectors = network.represent(batch)
    assert vectors.shape == (5, 12)
    assert torch.equal(logits, network(batch))
    torch.testing.assert_close(network.head(vectors), logits)  # type: ignore[misc]
