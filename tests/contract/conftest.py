"""Places where nothing has been fetched, and what a component cannot be made without."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

COMMIT = "0123456789" * 4
ROWS = [{"id": f"id{i}", "text": f"text {i}", "label": "ab"[i % 2]} for i in range(20)]


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No hub in reach, nothing in its cache; packs are as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def unreachable(*arguments: Any, **options: Any) -> None:
        raise OSError("no network in a test")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", unreachable)
    if find_spec("huggingface_hub"):
        constants = import_module("huggingface_hub.constants")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_hub: None) -> None:
    """No packs either."""
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "packs"))


@pytest.fixture
def known_commits(monkeypatch: pytest.MonkeyPatch) -> str:
    """Every repository's commit is known, as it is after one look at the hub; gives it."""
    monkeypatch.setattr("outgrow.hub.commit", lambda path, revision: COMMIT)
    monkeypatch.setattr("outgrow.tasks.sources.hub._commit", lambda *_: COMMIT)
    return COMMIT


@pytest.fixture
def given(tmp_path: Path) -> Callable[[str, str], dict[str, Any]]:
    """The options that a component cannot be made without, with files that hold what it needs: `given(kind, name)`."""
    columns = {"text": "text", "label": "label"}
    ways: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
        ("tasks", "csv"): lambda: {"path": table(tmp_path / "rows.csv"), **columns},
        ("tasks", "jsonl"): lambda: {"path": table(tmp_path / "rows.jsonl"), **columns},
        ("tasks", "parquet"): lambda: {"path": table(tmp_path / "rows.parquet"), **columns},
        ("tasks", "hub"): lambda: {"repo": "me/words", "revision": COMMIT, **columns},
        ("tasks", "hub-images"): lambda: {"repo": "me/pictures", "revision": COMMIT},
        ("tasks", "image-folder"): lambda: {"path": images(tmp_path / "images")},
        ("models", "vision"): lambda: {"path": tiny_vision(tmp_path / "vision")},
        ("models", "transformer"): lambda: {"path": tiny_encoder(tmp_path / "encoder")},
        ("supervisors", "labels"): lambda: {"path": table(tmp_path / "labels.csv")},
        ("supervisors", "api"): lambda: {"url": "https://127.0.0.1/v1", "served_model": "small"},
        ("supervisors", "ensemble"): lambda: {"members": toy_supervisors()},
        ("supervisors", "calibrated"): lambda: {"of": toy_supervisors()[0]},
        ("supervisors", "adversarial"): lambda: {"of": toy_supervisors()[1]},
        ("supervisors", "boosted"): lambda: {"of": toy_supervisors()[0]},
        ("supervisors", "noisy"): lambda: {"of": toy_supervisors()[0]},
        ("supervisors", "simulable"): lambda: {"of": frozen_supervisor()},
        ("supervisors", "mixed"): lambda: {"of": frozen_supervisor()},
    }
    return lambda kind, name: ways[kind, name]() if (kind, name) in ways else {}


def table(path: Path) -> str:
    """Twenty rows with two classes."""
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        path.write_text("".join(",".join(cells) + "\n" for cells in [list(ROWS[0]), *(row.values() for row in ROWS)]))
    return str(path)


def images(folder: Path) -> str:
    """Four pictures of two classes."""
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for i in range(2):
            image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")
    return str(folder)


def tiny_vision(folder: Path) -> str:
    """A random vision model in a folder."""
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.ViTModel(transformers.ViTConfig(**sizes, patch_size=56)).save_pretrained(folder)
    normalisation = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
    (folder / "preprocessor_config.json").write_text(json.dumps(normalisation))
    return str(folder)


def tiny_encoder(folder: Path) -> str:
    """A random encoder in a folder, as users bring their own."""
    transformers = pytest.importorskip("transformers")
    import torch

    folder.mkdir()
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *string.ascii_lowercase,
        *(f"##{c}" for c in string.ascii_lowercase),
    ]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab={word: i for i, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return str(folder)


def toy_supervisors() -> tuple[Any, ...]:
    """Two small models."""
    from outgrow.models.base import Role, models
    from outgrow.specs import TrainSpec
    from outgrow.supervisors.base import TrainedModel

    return tuple(TrainedModel(role=Role(model=models[name](), train=TrainSpec())) for name in ("toy-xs", "toy-s"))


def frozen_supervisor() -> Any:
    """A model of which only a linear head is trained."""
    from outgrow.models.base import Role, models
    from outgrow.specs import TrainSpec
    from outgrow.supervisors.base import TrainedModel

    return TrainedModel(role=Role(model=models["random-patches"](), train=TrainSpec()))
