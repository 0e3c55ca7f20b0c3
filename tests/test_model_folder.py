"""Folders of models that ask for more than what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import DataError
from outgrow.hub import folder


def asked(path: Path) -> Path:
    return folder(pack="", path=str(path), revision="main")


@pytest.mark.parametrize("name", ["../out.safetensors", "/out.safetensors", "sub/out.safetensors", "..", "", 5])
def test_weights_elsewhere_are_refused(tmp_path: Path, name: Any) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}))
    assert asked(tmp_path) == tmp_path
    index.write_text(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": name}}))
    with pytest.raises(DataError, match="outside the folder itself"):
        asked(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {"attn_implementation": "kernels-community/flash-attn"},
        {"_attn_implementation": "a/b@main"},
        {"text_config": {"_attn_implementation": "a/b"}},
        {"attn_implementation": {"text_config": "a/b"}},
    ],
)
def test_code_of_the_hub_is_refused(tmp_path: Path, config: Any) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"attn_implementation": "sdpa", "model_type": "bert"}))
    assert asked(tmp_path) == tmp_path
    file.write_text(json.dumps(config))
    with pytest.raises(DataError, match="by code of the hub"):
        asked(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"weight_map": []}', b"[" * 5_000])
def test_what_cannot_be_read_is_left_to_who_loads_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    (tmp_path / "model.safetensors.index.json").write_bytes(content)
    assert asked(tmp_path) == tmp_path
