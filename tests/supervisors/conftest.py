"""A study whose supervisor is an endpoint of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import endpoints
import pytest
from endpoints import Endpoint, plain

MODEL = str(Path(endpoints.__file__).with_name("bag_of_words.py"))
WORDS = ("film", "plot", "songs", "scenes", "cast")
STUDY = """
split = {{ supervisor = 0, transfer = 40, validation = 10, test = 40, pool = 60 }}
strong = {{ model = "bag-of-words" }}
train = {{ epochs = 4, evaluations = 2 }}
method = "naive"
[task]
name = "{task}"
path = "{path}"
{columns}
[weak]
model = "api"
url = "{url}"
served_model = "small"
key_env = "OUTGROW_TEST_KEY"
price_in = 2.0
price_out = 10.0
{weak}
"""


@pytest.fixture
def study(endpoint: Endpoint, clean: None, tmp_path: Path) -> Callable[..., str]:
    """Writes a table and an experiment whose supervisor is the server, and returns the file."""
    from outgrow.registry import import_file

    import_file(MODEL)
    endpoint.play = plain

    def write(*, weak: str = 'classes = ["bad", "good"]\nprompt = "{text}?"', pairs: bool = False) -> str:
        path = tmp_path / ("pairs.jsonl" if pairs else "rows.csv")
        ends = [f"{a} and {b} {i}" for i in range(6 if pairs else 3) for a in WORDS for b in WORDS]
        if pairs:
            lines = [json.dumps({"good": f"a good {end}", "bad": f"a bad {end}"}) for end in ends]
            columns = 'kind = "preference"\nchosen = "good"\nrejected = "bad"'
        else:
            lines = ["text,label", *(line for end in ends for line in (f"a good {end},yes", f"a bad {end},no"))]
            columns = 'text = "text"\nlabel = "label"'
        path.write_text("\n".join(lines))
        file, task = tmp_path / "study.toml", "jsonl" if pairs else "csv"
        file.write_text(STUDY.format(task=task, path=path, columns=columns, url=endpoint.url, weak=weak))
        return str(file)

    return write
