"""SHA-256 of what the files of each pack hold (`checks.content`), by the name of the pack's folder.

What transformers writes can differ from one of its releases to the next: of those files the pins hold for one release,
and of any other the manifest has to do.
"""

from __future__ import annotations

TRANSFORMERS = "5.24.0"
BY_TRANSFORMERS: dict[str, tuple[str, ...]] = {
    "minilm-l3-0.2.1-r1": ("config.json",),
    "smollm2-135m-0.1.2-r1": (
        "chat_template.jinja", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    ),
}  # fmt: skip
PINS: dict[str, dict[str, str]] = {
    "bigbench-1.0.0-r1": {
        "checkmate_in_one.json": "aac4489513ef29f4fce3055f2818dc6aee61dfbfb3b7725510b0b54122db7c9c",
        "cifar10.safetensors": "d7685d0c8b121c780796445a4f9b9df2c737c9cbaad7d3e8818b7b2a06596c7f",
        "fever.json": "662a3bf790a249ffc5de1a7717ece27a28025904c6219bf5e7eba1c6f2b6888d",
        "hhh_harmless.json": "4720acbc916cc18413e48c6bb55c19af73400436a6304c7e110b8bb40f8952a1",
        "hhh_helpful.json": "1bd2a58d9bb17b26af4806e8302374cea60671dc387fbfc2c5aa5c23e0901628",
        "hhh_honest.json": "69ba96e5bff121327ad1366e3772b7b45c50e96e7f995b2cef62c350380f1b14",
        "hhh_other.json": "4d6b041d79e5bf2705a9f81994efb95274179faaba9270f6dc83bd0cd17c227e",
        "mctaco_duration_right.json": "b3b7641e90742d84a5be38cfecff13a2fc953f466742ca1599616d6390e3b088",
        "mctaco_duration_wrong.json": "d9a111e4641e554dc83a06653374f927ea83e475791042b3adcce010e60723a2",
        "mctaco_frequency_right.json": "6e7e99e50e04ae46b4401c6974dd89ffabd777a358dec562c43d891d209910f7",
        "mctaco_frequency_wrong.json": "619da7bf92f9461d9fcbdddca23d493d4f3f492c162bd449d1a77fd80b48b456",
        "mctaco_ordering_right.json": "deaf3a5f290557a70327e2a86e58745d48b761c5e1800d305369a4a2f6cd1482",
        "mctaco_ordering_wrong.json": "d3f031f2ec5673e9e167fa85538e25d196815d19eccfe6d92b91d95912e5b5e4",
        "mctaco_stationary_right.json": "61ff5d8947dd66d318965f6272d473f782b89168013fd6d38614d0d503bf6cd2",
        "mctaco_stationary_wrong.json": "4ea9554747a68577d3715876bc63de33c8d6093db1d5c1c84d9ca590badc21a7",
        "mctaco_timepoint_right.json": "8abc2ecc073ab392feae1b5086bec479dbfda2a47a19a33ba4fc62f21f036efd",
        "mctaco_timepoint_wrong.json": "5efcb2c3a364a8d0e0a04dbfd4e4f5ef31671316cf86f15b0f060c54c83111ad",
        "multiemo_sentence.json": "5b78ed07bf7151b5101618aa6e4e2fdbd33fb08c0e1e7ec36d93003467590569",
        "multiemo_text.json": "cf46f411f08564313750696d5bf060d35a012decbdc02d43dfb349804a673bb9",
        "multirc_right.json": "c29c4110805659064225e9778380e7545eb1ee66f8c354bf31c4684227a599af",
        "multirc_wrong.json": "cef44264c931e25cb70fdbd798b29053130eadc9509e4d40883013590ad56fc5",
        "social_iqa.json": "edc9f568b70ae6d4af0783764dbe4e4f18aa1242c675a93f534338d73a565348",
        "strategyqa.json": "60af9081fed20102fd8bb1e02dc7d9f12238efcba33e4c1a56b4d61cb6409803",
        "vitaminc.json": "10f83da50374701fc7ce69162a7a167b14e1a86351201aa8bf14b56fa0a3214f",
        "winowhy.json": "c36fa38ab146fd7cc60e9f4b7a34c979c5ffbcb4a6870302bf8d785fbe64d1f6",
    },
    "efficientnet-lite0-0.1.0-r1": {
        "model.safetensors": "51db638259ff059009b09996890fafe3bfef2af3d4d84f718b69e41296308332",
    },
    "efficientnet-lite2-0.1.0-r1": {
        "model.safetensors": "dc9b2dee51ce4abba2c50e77b13cf9ecbeb6f5d1c74d6ad3f3b34d4931445405",
    },
    "glove-50d-1.0.0-r1": {
        "vectors.safetensors": "b25391fa563d355441fcf31ab0f3db57c45ec0a3fff55c55fc5c88180f4d2fbd",
        "words.parquet": "664f994a472d2c21877c971d16e7a58db5692e1aa534b78b92095440b4132c2c",
    },
    "minilm-l3-0.2.1-r1": {
        "config.json": "43b5d437c57cc1f459cbfa05ff15d4ae8e568d5dca36404855ad5657ef749ff6",
        "model.safetensors": "c651a5dcb7af25b2aff9952a1273f1e27cd96cfb3ac096b8b5876bd15c9e2b94",
        "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    },
    "minilm-l6-0.1.0-r1": {
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "model.safetensors": "0f17996241b2f4baf893a798bd19a8aa56cccc5c8cc5e35e56fee41a7f400e6f",
        "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    },
    "mnist-10k-1.1.0-r1": {
        "digits.safetensors": "c28a7fcbb3725d4848f9e45d6efdb2d11917fc6e1ea37be703394681e0e0aa58",
    },
    "rotten-tomatoes-0.2.2-r1": {
        "reviews.parquet": "faf5d6f36423c6938f83f7ac3def20279114792e5e56fade99e8193b3ebdb1f0",
    },
    "smollm2-135m-0.1.2-r1": {
        "chat_template.jinja": "872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788",
        "config.json": "9d52a5b0c4e59d004ca7608cbb2fdeb406d81d89aa9de9ae7f89e1314c57edb1",
        "generation_config.json": "a847b4a045b613dd1120e2306220539925bd58d4163b50fae2cb73781b2032b8",
        "model.safetensors": "7b417935d27a70724058cdebd01fe1e83fd7b32674930ba5794f16f43c6cf368",
        "tokenizer.json": "bf346d64f6f0fbcefb4c1b6928a98241467dff36c6fbae5fe1785c4ff90667f4",
        "tokenizer_config.json": "156c41a2e14e6e6bd4286c506c38ee883a78e0f5ce165ad9bf63fe73ebf9e974",
    },
    "spam-0.2.3-r1": {
        "mails.parquet": "98b6ac66a7981ed0930483236cdd0dea5f3dbed9161844524f0662a672c9fdd8",
    },
    "tweets-1.0.0-r1": {
        "tweets.parquet": "4b1cc43d5319d728e81a9dd8506b0f3874eb13bedba7fe192e4a211e51566b7c",
    },
}
