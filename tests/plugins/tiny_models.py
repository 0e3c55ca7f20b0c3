"""Tiny random transformers of every family, in a cache laid out as the model hub's library lays it out."""

from __future__ import annotations

import hashlib
import json
import shutil
import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FAMILIES = ("gpt2", "pythia", "qwen2", "qwen3", "llama", "bert")
CAUSAL = FAMILIES[:-1]
REPOSITORIES = {  # those of the presets that the shipped experiments use, and one of every family besides
    "openai-community/gpt2": "gpt2",
    "openai-community/gpt2-medium": "gpt2",
    "EleutherAI/pythia-160m": "pythia",
    "EleutherAI/pythia-410m": "pythia",
    "EleutherAI/pythia-1b": "pythia",
    "Qwen/Qwen2.5-0.5B": "qwen2",
    "Qwen/Qwen2.5-1.5B": "qwen2",
    "Qwen/Qwen3-0.6B-Base": "qwen3",
    "HuggingFaceTB/SmolLM2-360M": "llama",
    "google-bert/bert-base-uncased": "bert",
}
END = "<|endoftext|>"
WORDS = [
    *(
        "good",
        "bad",
        "film",
        "food",
        "dull",
        "fine",
        "warm",
        "cold",
        "long",
        "short",
        "yes",
        "no",
        "negative",
        "positive",
    ),
    *("first", "second", "ham", "spam", "other", "Label", "Human", "Assistant", "Q", "A", "Passage", "Question", "the"),
    *("a", "is", "of", "and", "e2e4", "e7e5", "g1f3", "b8c6"),
]
WIDTH, POSITIONS = 32, 1024


def texts(n: int, *, seed: int = 0, longest: int = 12) -> np.ndarray:
    """Texts of unequal length [n]."""
    rng = np.random.default_rng(seed)
    made = [" ".join(rng.choice(WORDS[:10], size=rng.integers(1, longest))) for _ in range(n)]
    return np.array(made, dtype=object)


def sequences(rows: object) -> Sequence[np.ndarray]:
    """The numbers of the tokens of encoded texts, text by text."""
    from outgrow.text.tokens import Tokens

    assert isinstance(rows, Tokens)
    return rows.sequences


def causal_tokenizer() -> Any:
    """Byte-level BPE whose words are one token each; no token for padding, as in GPT-2 and Pythia."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    maker: Any = transformers.PreTrainedTokenizerFast
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    bare.train_from_iterator([" ".join([*WORDS, *WORDS[::-1], *"01234"])] * 3, trainer)
    return maker(tokenizer_object=bare, eos_token=END, bos_token=END)


def encoder_tokenizer() -> Any:
    """WordPiece with BERT's special tokens."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    maker: Any = transformers.PreTrainedTokenizerFast
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    pieces = [*special, *letters, *(f"##{one}" for one in letters), *dict.fromkeys(word.lower() for word in WORDS)]
    number = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    bare = Tokenizer(models.WordPiece(number, unk_token="[UNK]"))
    bare.normalizer = normalizers.BertNormalizer(lowercase=True)
    bare.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bare.post_processor = processors.BertProcessing(("[SEP]", number["[SEP]"]), ("[CLS]", number["[CLS]"]))
    return maker(
        tokenizer_object=bare, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip


def network(family: str, vocabulary: int, *, layers: int, dropout: float) -> Any:
    """A random network of a family, as its checkpoints on the hub hold it."""
    import transformers

    t: Any = transformers
    sizes = {"vocab_size": vocabulary, "hidden_size": WIDTH, "num_hidden_layers": layers, "num_attention_heads": 4}
    rope = {
        **sizes, "num_key_value_heads": 2, "intermediate_size": 48, "max_position_embeddings": POSITIONS,
        "initializer_range": 0.2, "bos_token_id": 0, "eos_token_id": 0,
    }  # fmt: skip
    if family == "gpt2":
        drops = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), dropout)
        config: Any = t.GPT2Config(
            vocab_size=vocabulary, n_embd=WIDTH, n_layer=layers, n_head=4, n_positions=POSITIONS,
            initializer_range=0.2, bos_token_id=0, eos_token_id=0, **drops,
        )  # fmt: skip
        return t.GPT2LMHeadModel(config)
    if family == "pythia":
        return t.GPTNeoXForCausalLM(
            t.GPTNeoXConfig(
                **sizes, intermediate_size=64, max_position_embeddings=POSITIONS, initializer_range=0.2,
                hidden_dropout=dropout, attention_dropout=dropout, bos_token_id=0, eos_token_id=0,
                tie_word_embeddings=False,
            )
        )  # fmt: skip
    if family == "qwen2":
        return t.Qwen2ForCausalLM(t.Qwen2Config(**rope, tie_word_embeddings=True))
    if family == "qwen3":
        return t.Qwen3ForCausalLM(t.Qwen3Config(**rope, head_dim=8, tie_word_embeddings=True))
    if family == "llama":
        return t.LlamaForCausalLM(t.LlamaConfig(**rope, tie_word_embeddings=True))
    return t.BertForMaskedLM(
        t.BertConfig(
            **sizes, intermediate_size=64, max_position_embeddings=128, initializer_range=0.2,
            hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
        )
    )  # fmt: skip


def save(family: str, folder: Path, *, layers: int = 3, dropout: float = 0.0, seed: int = 0) -> Path:
    """Write a tiny model with its tokenizer, as a folder of the hub holds it, and return the folder."""
    import torch

    tokenizer = encoder_tokenizer() if family == "bert" else causal_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = network(family, len(tokenizer), layers=layers, dropout=dropout)
    if family == "pythia":
        made.to(torch.float16)  # as Pythia's checkpoints are
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder of a tiny model: `tiny("gpt2", layers=2)`; made once a session."""
    pytest.importorskip("transformers")
    made: dict[Any, Path] = {}

    def give(family: str, **options: Any) -> Path:
        _quiet()
        wanted = (family, *sorted(options.items()))
        if wanted not in made:
            made[wanted] = save(family, tmp_path_factory.mktemp(family), **options)
        return made[wanted]

    return give


def _quiet() -> None:
    from outgrow.hub import transformers_library

    transformers_library()


@pytest.fixture
def offline_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Callable[..., Path]
) -> Iterator[Callable[..., Path]]:
    """A hub cache that is all the library can see, with the tiny models of REPOSITORIES; puts in others on call."""
    from huggingface_hub import constants

    from outgrow import hub as source

    cache = tmp_path / "hub"  # the same as that of the data sets' fixture
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))

    def put(repository: str, folder: Path, *, revision: str = "main") -> Path:
        commit = hashlib.sha1(f"{repository} {revision}".encode()).hexdigest()
        place = cache / f"models--{repository.replace('/', '--')}"
        (place / "refs").mkdir(parents=True, exist_ok=True)
        (place / "refs" / revision).write_text(commit)
        snapshot = place / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for file in folder.iterdir():
            (snapshot / file.name).symlink_to(file)
        return snapshot

    for i, (repository, family) in enumerate(REPOSITORIES.items()):
        put(repository, tiny(family, layers=2 + i % 2, dropout=0.1 if family in ("gpt2", "bert") else 0.0))
    source.commit.cache_clear()
    yield put
    source.commit.cache_clear()


# Rows of the hub's data sets, varied from those of the tasks' own tests


FIXTURES = Path(__file__).parents[1] / "tasks" / "fixtures"


def dataset(name: str, n: int) -> dict[str, Any]:
    """A data set's fixture with at least `n` rows in its first split: each row again and again in other words."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    first = next(iter(found["splits"]))
    rows = [row for split in found["splits"].values() for row in split]
    found["splits"][first] = [_varied(rows[i % len(rows)], i) for i in range(n)]
    return found


def _varied(row: dict[str, Any], i: int) -> dict[str, Any]:
    return {name: _other(value, i) for name, value in row.items()}


def _other(value: Any, i: int) -> Any:
    if not isinstance(value, str):
        return value
    start = "\n\nHuman:"
    return f"{start} {i}{value.removeprefix(start)}" if value.startswith(start) else f"{i} {value}"


def copied(folder: Path, target: Path) -> Path:
    """A copy of a model's folder that a test may damage."""
    shutil.copytree(folder, target)
    return target


def in_bfloat16(folder: Path, target: Path) -> Path:
    """A copy of a model's folder with its weights in bfloat16."""
    from safetensors.torch import load_file, save_file

    made = copied(folder, target)
    weights = load_file(made / "model.safetensors")
    save_file({name: value.bfloat16() for name, value in weights.items()}, made / "model.safetensors", {"format": "pt"})
    return made
