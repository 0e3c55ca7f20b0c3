"""What everything registered must hold to, whoever adds it."""

from __future__ import annotations

import dataclasses
import json
import re
import string
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from truths import truth_of

from outgrow import packs
from outgrow.config import read_experiments, shipped_experiments
from outgrow.errors import ConfigError, DataError, PackMissing
from outgrow.executors.base import executors
from outgrow.learning.losses import Loss
from outgrow.learning.network import Network
from outgrow.learning.objective import Selection, Transform
from outgrow.methods.base import methods
from outgrow.methods.losses.base import losses
from outgrow.methods.selections.base import selections
from outgrow.methods.transforms.base import transforms
from outgrow.metrics.base import metrics
from outgrow.models.base import Model, models
from outgrow.plan import make_plan
from outgrow.registry import Registry
from outgrow.spec import canonical, spec
from outgrow.supervisors.base import supervisors
from outgrow.tasks.base import Output, tasks
from outgrow.tasks.toy import DIMENSIONS
from outgrow.testing import Broken, check

CHESS = ["chess-xs", "chess-s", "chess-m", "chess-l", "chess-xl"]
TOY = ["toy-xs", "toy-s", "toy-m", "toy-l"]
SHIPPED_TASKS = {"toy", "chess-puzzles", "chess-text", "digits"}
PACK_TASKS = {  # the pack that each is read from
    "rotten-tomatoes": "rotten-tomatoes", "rotten-tomatoes-pairs": "rotten-tomatoes", "tweets": "tweets",
    "spam": "spam", "fever": "bigbench", "hhh": "bigbench", "strategyqa": "bigbench", "vitaminc": "bigbench",
    "winowhy": "bigbench", "cifar10": "bigbench", "mnist": "mnist-10k",
}  # fmt: skip
HUB_TASKS = {
    "amazon-polarity", "anli-r2", "anthropic-hh", "boolq", "cola", "cosmos-qa", "dream", "ethics-deontology",
    "ethics-justice", "ethics-utilitarianism", "ethics-virtue", "hellaswag", "mc-taco", "multirc", "openbookqa",
    "paws", "piqa", "quail", "quartz", "sciq", "social-i-qa", "sst2", "twitter-sentiment", "wic",
}  # fmt: skip
FILE_TASKS = {"csv", "jsonl", "parquet"}
IMAGE_TASKS = {"cifar10", "mnist", "digits"}
OWN_IMAGES = {"image-folder", "imagenet"}
PACK_MODELS = {
    "smollm2-135m",
    "minilm-l3",
    "minilm-l6",
    "glove-50d",
    "efficientnet-lite0",
    "efficientnet-lite2",
}  # packs have the models' names
EYES_OF_THE_HUB = {  # vision models
    "dino-resnet50", "dino-vits16", "dino-vitb8", "dinov2-small", "dinov2-base", "vit-base", "resnet-18", "resnet-50",
    "mobilenet-v2",
}  # fmt: skip
HUB_MODELS = {
    *EYES_OF_THE_HUB,
    "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b",
    "pythia-1.4b", "pythia-2.8b", "qwen2.5-0.5b", "qwen2.5-1.5b", "qwen2.5-3b", "qwen2.5-7b", "qwen3-0.6b",
    "qwen3-1.7b", "qwen3-4b", "smollm2-360m", "smollm2-1.7b", "llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b",
    "bert-base", "bert-large",
}  # fmt: skip
FOUND = {
    tasks: {*SHIPPED_TASKS, *PACK_TASKS, *HUB_TASKS, *FILE_TASKS, *OWN_IMAGES, "hub", "hub-images"},
    models: {
        *CHESS,
        *TOY,
        *PACK_MODELS,
        *HUB_MODELS,
        "transformer",
        "vision",
        "alexnet",
        "pixels",
        "random-patches",
    },
    methods: {"naive", "confidence", "bootstrapping", "few_shot", "generative_finetuning"},
    metrics: {"accuracy", "auroc", "brier", "calibration_error", "log_likelihood", "macro_f1", "top5_accuracy",
              "truth_probability"},
    executors: {"serial", "processes"},
    supervisors: {"labels", "ensemble"},
    transforms: {"harden", "mean", "vote"},
    selections: {"filter", "reweight"},
    losses: {"cross_entropy", "confidence_loss"},
}  # fmt: skip
SPECS = [(registry, entry.name) for registry in (tasks, models, methods) for entry in registry]
METHODS = [entry.name for entry in methods]
LADDERS = {  # how many sizes a model's family has
    **dict.fromkeys(CHESS, 5), **dict.fromkeys(TOY, 4), "transformer": 1, "glove-50d": 1,
    **dict.fromkeys(["vision", "alexnet", "pixels", "random-patches"], 1),
    **{name: n for start, n in {"gpt2": 4, "pythia": 6, "qwen2.5": 4, "qwen3": 3, "smollm2": 3, "minilm": 2, "bert": 2,
                                "llama-3.2": 2, "llama-3.1": 1, "dino-": 3, "dinov2": 2, "vit-": 1,
                                "resnet": 2, "mobilenet": 1, "efficientnet": 2}.items()
       for name in HUB_MODELS | PACK_MODELS if name.startswith(start)},
}  # fmt: skip
OTHER_OPTIONS: dict[str, dict[str, Any]] = {  # for each method, options that all differ from their defaults
    "naive": {"labels": "hard"},
    "confidence": {"alpha": 0.75, "ramp": 0.5, "shares": "even", "labels": "hard"},
    "bootstrapping": {"links": 1, "sizes": ("toy-s", "toy-m"), "labels": "hard", "fresh": False},
    "few_shot": {"shots": 3},
    "generative_finetuning": {"epochs": 2, "learning_rate": 1e-4, "labels": "hard"},
}
NEED_HUB = ["boolq-qwen", "chess-lm", "hh-reward", "imagenet-dino", "sciq-gpt2", "sst2-pythia"]  # shipped experiments
NEED_NO_HUB = [
    "quickstart",
    "chess",
    "toy",
    "text-ladder",
    "text-offline",
    "reward-offline",
    "vision-offline",
    "digits",
]
COMMIT = "0123456789" * 4
ROWS = [{"id": f"id{i}", "text": f"text {i}", "label": "ab"[i % 2]} for i in range(20)]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No hub in reach, nothing in its cache, no packs fetched; gives the folder of the hub's cache."""
    monkeypatch.setenv("OUTGROW_CACHE", str(tmp_path / "packs"))
    monkeypatch.chdir(tmp_path)
    if find_spec("huggingface_hub"):
        constants = import_module("huggingface_hub.constants")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What a component cannot be made without: `options(tasks, "csv")`."""

    def give(registry: Registry[Any], name: str) -> dict[str, Any]:
        columns = {"text": "text", "label": "label"}
        if registry is tasks and name in FILE_TASKS:
            return {"path": str(table(tmp_path / f"rows.{name}")), **columns}
        if registry is tasks and name == "hub":
            return {"repo": "me/words", "revision": COMMIT, **columns}
        if registry is tasks and name == "hub-images":
            return {"repo": "me/words", "revision": COMMIT}
        if registry is tasks and name in OWN_IMAGES:
            return {"path": str(images(tmp_path / "images"))}
        if registry is models and name == "vision":
            return {"path": str(tiny_eye(tmp_path / "eye"))}
        if registry is models and name == "transformer":
            return {"path": str(tiny_encoder(tmp_path / "encoder"))}
        return {}

    return give


def table(path: Path) -> Path:
    """Twenty rows with two classes."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        path.write_text("".join(",".join(cells) + "\n" for cells in [list(ROWS[0]), *(row.values() for row in ROWS)]))
    return path


def images(folder: Path) -> Path:
    """What a folder of images and one with ImageNet's archives need for their identity."""
    (folder / "cat").mkdir(parents=True)
    for name in ("ILSVRC2012_img_val.tar", "ILSVRC2012_devkit_t12.tar.gz", "cat/1.png"):
        (folder / name).write_bytes(name.encode())
    return folder


def tiny_eye(folder: Path) -> Path:
    """A random vision model in a folder."""
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.ViTModel(transformers.ViTConfig(**sizes, patch_size=56)).save_pretrained(folder)
    return folder


def tiny_encoder(folder: Path) -> Path:
    """A random encoder in a folder, as users bring their own."""
    transformers = pytest.importorskip("transformers")
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *string.ascii_lowercase, *(f"##{c}" for c in string.ascii_lowercase)]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab={word: i for i, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def pinned(registry: Registry[Any], name: str, cache: Path) -> dict[str, Any]:
    """What lets a hub component know its commit without the hub."""
    if registry is models and name in HUB_MODELS:
        return {"revision": COMMIT}
    if registry is tasks and name in HUB_TASKS:
        repo = registry[name]().source.removeprefix("dataset ")
        reference = cache / f"datasets--{repo.replace('/', '--')}" / "refs" / "refs" / "convert" / "parquet"
        reference.parent.mkdir(parents=True)
        reference.write_text(COMMIT)
    return {}


def needs_pack(name: str) -> None:
    """Skips a test, with the reason, where a pack has not been fetched."""
    if not packs.present(name):
        pytest.skip(f"the pack {name} has not been fetched (outgrow packs get {name})")


@pytest.mark.parametrize("registry", FOUND, ids=lambda registry: registry.kind)
def test_what_is_registered(registry: Registry[Any]) -> None:
    assert {entry.name for entry in registry} >= FOUND[registry]  # a new one needs no other file changed
    for entry in registry:
        assert entry.about.strip()
        assert entry.source.strip()
        assert "\n" not in entry.about + entry.source
        assert registry[entry.name] is entry.value


def test_shipped_experiments_can_be_read() -> None:
    found = shipped_experiments()
    assert sorted(found) == sorted([*NEED_HUB, *NEED_NO_HUB])
    for name, text in found.items():
        assert re.match(r'about = ".{20,}"\n', text)
        assert ("needs the hub" in text.splitlines()[0]) == (name in NEED_HUB)
        experiments = read_experiments(name)
        assert len(experiments) == len(set(experiments)) > 1
        assert {one.name for one in experiments} == {name}


@pytest.mark.parametrize("name", NEED_NO_HUB)
def test_plans_of_experiments_that_need_no_hub_can_be_made_without_packs(name: str, nowhere: Path) -> None:
    assert make_plan(read_experiments(name), cached=set()).todo


@pytest.mark.parametrize(("registry", "name"), SPECS, ids=[name for _, name in SPECS])
def test_specs_are_strict_frozen_and_have_a_stable_identity(
    registry: Registry[Any], name: str, options: Callable[..., dict[str, Any]], nowhere: Path, tmp_path: Path
) -> None:
    """Without any pack: a plan needs no weights and no data, so that it can be made before they are fetched."""
    given = options(registry, name) | pinned(registry, name, nowhere)
    one, other = registry[name](**given), registry[name](**given)
    assert one == other
    assert hash(one) == hash(other)
    assert one.name == name
    identity = canonical(one.identity())
    assert canonical(other.identity()) == identity
    assert json.loads(identity)
    assert not re.search(r'"/|\.\.?/|\\\\|site-packages', identity), "a path would make keys differ between machines"
    assert str(tmp_path) not in identity
    assert (COMMIT in identity) == (name in HUB_MODELS | HUB_TASKS | {"hub", "hub-images"})
    if registry is models:
        assert "path" not in json.loads(identity)
    with pytest.raises(ConfigError, match="has no 'no_such_option'"):
        registry[name](**given, no_such_option=1)
    field = next((field.name for field in dataclasses.fields(one)), "name")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, field, getattr(one, field))
    with pytest.raises((ConfigError, TypeError), match=r"positional|by name"):
        registry[name]("toy")


@pytest.mark.parametrize("name", sorted(FILE_TASKS | {"hub"}))
def test_tables_need_to_be_told_where_they_are(name: str) -> None:
    columns: dict[str, Any] = {"text": "text", "label": "label"}
    with pytest.raises(ConfigError, match="repo" if name == "hub" else "path"):
        tasks[name](**columns)


@pytest.mark.parametrize(("name", "error"), [("transformer", ConfigError), ("vision", ConfigError)])
def test_models_of_ones_own_need_a_path(name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="path"):
        models[name]()


@pytest.mark.parametrize("name", sorted(HUB_TASKS | {"hub", "hub-images"}))
def test_hub_tasks_say_what_is_wrong_without_the_hub(
    name: str, nowhere: Path, options: Callable[..., dict[str, Any]]
) -> None:
    pytest.importorskip("huggingface_hub")
    task = tasks[name](**options(tasks, name))
    assert task.kind in {"classification", "preference"}
    message = r"^dataset \S+ is not in the cache, and the hub cannot be reached .*HF_HOME.*`outgrow list packs`"
    for ask in (
        (task.load,) if name in {"hub", "hub-images"} else (task.identity, task.load)
    ):  # the commit of `hub` is given here
        with pytest.raises(DataError, match=message):
            ask()


@pytest.mark.parametrize("name", sorted(HUB_MODELS))
def test_hub_models_say_what_is_wrong_without_the_hub(name: str, nowhere: Path) -> None:
    pytest.importorskip("huggingface_hub")
    one = models[name]()
    message = r"^the model '\S+' is not in the local cache and the hub cannot be reached .*\(outgrow list packs\)"
    for ask in (one.identity, lambda: one.build(some_inputs(one)[1], seed=0)):
        with pytest.raises(DataError, match=message):
            ask()


@pytest.mark.parametrize("name", sorted(PACK_TASKS))
def test_pack_tasks_name_the_pack_they_lack(name: str, nowhere: Path) -> None:
    with pytest.raises(PackMissing, match=rf"`outgrow packs get {PACK_TASKS[name]}` fetches it"):
        tasks[name]().load()


@pytest.mark.parametrize("name", sorted(PACK_MODELS))
def test_pack_models_name_the_pack_they_lack(name: str, nowhere: Path) -> None:
    one = models[name]()
    output = Output(kind="classification", n_classes=2)
    extractor = one.extractor()
    with pytest.raises(PackMissing, match=rf"`outgrow packs get {name}` fetches it"):
        extractor.build(output) if extractor else one.build(output, seed=0)


@pytest.mark.parametrize("name", sorted(SHIPPED_TASKS | set(PACK_TASKS) | FILE_TASKS))
def test_tasks_load_what_they_promise(name: str, options: Callable[..., dict[str, Any]]) -> None:
    if name in PACK_TASKS:
        needs_pack(PACK_TASKS[name])
    task = tasks[name](**options(tasks, name))
    assert task.kind in {"classification", "preference", "generation"}
    examples = task.load()
    n = len(examples.ids)
    assert n == len(set(examples.ids)) == len(examples.groups) == len(examples.inputs)
    assert n > {"hhh": 200, **dict.fromkeys(FILE_TASKS, 19)}.get(name, 1000)
    assert len(set(examples.groups)) > n / 50, "parts are drawn by group"
    assert truth_of(examples).shape == (n,)
    assert truth_of(examples).dtype == np.int64
    assert 0 <= truth_of(examples).min() <= truth_of(examples).max() < examples.n_classes
    assert examples.difficulty is None or examples.difficulty.shape == (n,)
    assert len(examples.class_names) in {0, examples.n_classes}
    assert len(set(examples.class_names)) == len(examples.class_names)
    if name in {"toy", "chess-puzzles", *IMAGE_TASKS}:
        assert examples.inputs.dtype != object
        return
    assert examples.inputs.dtype == object
    assert examples.inputs.shape == ((n, 2) if task.kind == "preference" else (n,))
    assert all(type(text) is str and text.strip() for text in examples.inputs.reshape(-1))
    shares = np.bincount(truth_of(examples)) / n
    if task.kind != "generation":
        assert shares.max() < 0.6, "rows are balanced, and which candidate comes first says nothing"
        assert examples.n_classes == {"tweets": 3, "vitaminc": 3}.get(name, 2)
    if task.kind == "preference":
        assert all(one != other for one, other in examples.inputs)
    else:
        assert len({(text, group) for text, group in zip(examples.inputs, examples.groups, strict=True)}) > 0.9 * n


TEXTS = ["good", "a dull film with a long second half", "warm", "no", "it begins well, and then it does not go on so"]


def some_inputs(model: Model) -> tuple[np.ndarray, Output]:
    """Five rows as the model takes them, and what is asked of it."""
    rng = np.random.default_rng(0)
    if model.name in CHESS:
        return rng.integers(0, 13, (5, 64)).astype(np.uint8), Output(kind="classification", n_classes=1858)
    if model.name in TOY:
        return rng.standard_normal((5, 4, DIMENSIONS)).astype(np.float32), Output(kind="classification", n_classes=3)
    names = ("bad", "mixed", "good")
    return np.array(TEXTS, dtype=object), Output(kind="classification", n_classes=3, class_names=names)


def check_rows(network: Network, inputs: np.ndarray, shape: tuple[int, ...]) -> None:
    """What the network gives for each row is finite, depends on the row, and not on the others in its batch."""
    cpu = torch.device("cpu")
    rows = network.encode(inputs)
    assert rows.lengths.shape == (5,)
    with torch.inference_mode():
        together = network(rows.batch(np.arange(5), cpu))
        alone = torch.cat([network(rows.batch(np.array([row]), cpu)) for row in range(5)])
        turned = network(rows.batch(np.arange(5)[::-1], cpu))
    assert together.shape == (5, *shape)
    assert together.dtype == torch.float32
    assert torch.isfinite(together).all()
    assert len(torch.unique(together, dim=0)) == 5, "the logits must depend on the row"
    for other in (alone, turned.flip(0)):
        torch.testing.assert_close(other.softmax(-1), together.softmax(-1), atol=1e-5, rtol=0)
        torch.testing.assert_close(other, together, atol=1e-4, rtol=1e-4)  # float32 sums in another order


BUILT = [*CHESS, *TOY, "smollm2-135m", "minilm-l3", "minilm-l6", "transformer"]  # those that are trained as a whole


@pytest.fixture
def built(options: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Makes a model whose weights are here: `built("chess-xs")`; skips where its pack has not been fetched."""

    def make(name: str, **more: Any) -> Model:
        if name in PACK_MODELS:
            needs_pack(name)
            more = {"layers": 2, **more} if name == "smollm2-135m" else more  # for speed
        return models[name](**options(models, name), **more)

    return make


@pytest.mark.parametrize("name", BUILT)
def test_models_give_finite_logits_that_do_not_depend_on_the_batch(name: str, built: Callable[..., Model]) -> None:
    model = built(name)
    inputs, output = some_inputs(model)
    network: Any = model.build(output, seed=0).eval()
    if name in {"minilm-l3", "minilm-l6", "transformer"}:  # heads of encoders begin at zero
        assert not network.head.weight.any()
        torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(0))
    check_rows(network, inputs, (output.n_classes,))


@pytest.mark.parametrize("name", ["smollm2-135m", "minilm-l6", "glove-50d", "transformer"])
def test_features_of_frozen_models_do_not_depend_on_the_batch(name: str, built: Callable[..., Model]) -> None:
    model = built(name) if name == "glove-50d" else built(name, training="probe")
    extractor = model.extractor()
    assert extractor is not None
    inputs, output = some_inputs(model)
    width = {"smollm2-135m": 576, "minilm-l6": 384, "glove-50d": 50, "transformer": 32}[name]
    check_rows(extractor.build(output).eval(), inputs, (width,))
    pairs = Output(kind="preference", n_classes=2)
    network = extractor.build(pairs).eval()
    both = np.stack([inputs, inputs[::-1]], 1)
    with torch.inference_mode():
        found = network(network.encode(both).batch(np.arange(5), torch.device("cpu")))
    assert found.shape[:2] == (5, 2)
    torch.testing.assert_close(found[:, 0], found[:, 1].flip(0), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", BUILT)
def test_models_build_the_same_weights_from_the_same_seed(name: str, built: Callable[..., Model]) -> None:
    model = built(name)
    output = some_inputs(model)[1]
    torch.manual_seed(1)
    one = model.build(output, seed=7).state_dict()
    torch.manual_seed(2)
    other = model.build(output, seed=7).state_dict()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)
    assert {value.dtype for value in one.values() if value.is_floating_point()} == {torch.float32}


@pytest.mark.parametrize("name", [entry.name for entry in models])
def test_ladders_rise_strictly(name: str, nowhere: Path, options: Callable[..., dict[str, Any]]) -> None:
    model = models[name](**options(models, name), **({"revision": COMMIT} if name in HUB_MODELS else {}))
    ladder: list[Any] = model.ladder()
    costs = [one.cost for one in ladder]
    assert model in ladder
    assert len(ladder) == LADDERS[name]
    assert costs == sorted(set(costs))
    assert costs[0] > 0
    if name in HUB_MODELS | {"smollm2-135m"}:  # a ladder may go from a pack to the hub
        assert all(one == model or one.revision == "main" for one in ladder), "a commit is one repository's own"
        ladder = [dataclasses.replace(one, revision=COMMIT) if one.name in HUB_MODELS else one for one in ladder]
    identities = {canonical(one.identity()) for one in ladder}
    assert len(identities) == len(ladder)
    assert len({one.label for one in ladder}) == len(ladder)


@pytest.mark.parametrize("name", ["smollm2-135m", "minilm-l6", "gpt2"])
def test_ladders_of_cut_models_are_depths(name: str, nowhere: Path) -> None:
    whole = models[name]()
    ladder: list[Any] = models[name](layers=3).ladder()
    depths = [one.layers for one in ladder]
    assert depths == sorted(set(depths))
    assert (depths[0], 3 in depths, depths[-1]) == (1, True, {"smollm2-135m": 30, "minilm-l6": 6, "gpt2": 12}[name])
    assert [one.cost for one in ladder] == sorted({one.cost for one in ladder})
    assert ladder[-1].cost == whole.cost
    assert len({one.label for one in ladder}) == len(ladder)


@pytest.mark.parametrize("options", ["default", "other"])
@pytest.mark.parametrize("name", METHODS)
def test_methods_keep_their_contract(name: str, options: str) -> None:
    check(methods[name](**(OTHER_OPTIONS.get(name, {}) if options == "other" else {})))


PIECES = [entry for registry in (transforms, selections, losses) for entry in registry]


@pytest.mark.parametrize("entry", PIECES, ids=lambda entry: entry.name)
def test_pieces_of_objectives_keep_their_contract(entry: Any) -> None:
    check(entry.value)
    assert entry.value().label == entry.value().name == entry.name


@pytest.mark.parametrize("entry", list(metrics), ids=lambda entry: entry.name)
def test_metrics_keep_their_contract(entry: Any) -> None:
    check(entry.value)


@pytest.mark.parametrize("name", [*CHESS, *TOY])
def test_models_keep_their_contract(name: str) -> None:
    check(models[name]())


def test_the_toy_task_keeps_its_contract() -> None:
    check(tasks["toy"])


def frozen(name: str, bases: tuple[type, ...], fields: dict[str, Any]) -> type:
    """A spec whose methods are wrong."""
    return spec(type(name, bases, {**fields, "__annotations__": {}}))


BROKEN = {
    "rows must sum to 1": frozen("Doubled", (Transform,), {
        "name": "doubled", "apply": lambda self, weak, *, seed: weak.with_probabilities(2 * weak.probabilities),
    }),
    "depends on the order": frozen("First", (Selection,), {
        "name": "first", "weights": lambda self, weak, *, seed: np.arange(len(weak.ids)) < 20,
    }),
    "leaves no row": frozen("None_", (Selection,), {
        "name": "none", "weights": lambda self, weak, *, seed: np.zeros(len(weak.ids)),
    }),
    "is marked rowwise": frozen("Joint", (Loss,), {
        "name": "joint", "rowwise": True, "start": lambda self, targets: lambda batch: batch.logits.logsumexp(0).sum(),
    }),
    "must be one number": frozen("Many", (Loss,), {
        "name": "many", "start": lambda self, targets: lambda batch: batch.logits.sum(1),
    }),
}  # fmt: skip


@pytest.mark.parametrize("message", BROKEN)
def test_what_breaks_its_contract_is_told(message: str) -> None:
    with pytest.raises(Broken, match=message):
        check(BROKEN[message]())
    with pytest.raises(Broken, match="is no component"):
        check(frozen("Nothing", (), {"name": "nothing", "identity": lambda self: {"a": 1}})())


@pytest.mark.parametrize("name", METHODS)
def test_labels_of_methods_show_what_is_not_default(name: str) -> None:
    if name not in OTHER_OPTIONS:
        pytest.skip("a method whose options this file does not know")
    options = OTHER_OPTIONS[name]
    assert set(options) == {field.name for field in dataclasses.fields(cast(Any, methods[name]))}
    assert methods[name]().label == name
    label = methods[name](**options).label
    assert label.startswith(f"{name}(")
    for option, value in options.items():
        shown = "+".join(value) if isinstance(value, tuple) else value
        assert f"{option}={shown}" in label
