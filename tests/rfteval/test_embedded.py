"""The models in the package: whole, small, and they answer in the styles they were trained for."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from benchmarks.mathvista import ask_query
from benchmarks.synthetic.generator import problems
from benchmarks.synthetic.rows import to_sample
from rfteval.errors import ModelError, UnknownNameError
from rfteval.models import embedded
from rfteval.types import TextPart

MODELS = pytest.mark.parametrize("name", embedded.NAMES)


def test_both_are_small() -> None:
    sizes = [path.stat().st_size for name in embedded.NAMES for path in embedded.path(name).iterdir()]
    assert sum(sizes) <= 12_000_000


@MODELS
def test_a_folder_is_whole_and_asks_for_float32(name: str) -> None:
    folder = embedded.path(name)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "idefics3" and config["dtype"] == "float32"
    assert {"tokenizer.json", "processor_config.json", "chat_template.jinja"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_wrong_name_or_missing_weights_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="thinker"):
        embedded.path("thinkr")
    monkeypatch.setattr(embedded, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ModelError, match="reinstall"):
        embedded.path("base")


@MODELS
def test_it_answers_about_fresh_pictures(name: str) -> None:
    """Ended responses, the thinker's all in its format, and a share of right ones far above none."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = embedded.path(name)
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    asked = list(islice(problems(Random(9), "validation"), 48))
    texts = []
    for problem in asked:
        part = ask_query(to_sample(problem, "x", "validation")).messages[-1].parts[-1]
        assert isinstance(part, TextPart)
        content = [{"type": "image"}, {"type": "text", "text": part.text}]
        message = {"role": "user", "content": content}
        texts.append(processor.apply_chat_template([message], add_generation_prompt=True, tokenize=False))
    inputs = processor(text=texts, images=[[one.picture] for one in asked], return_tensors="pt", padding=True)
    made = model.generate(**inputs, max_new_tokens=128, do_sample=False)[:, inputs["input_ids"].shape[1] :]
    said = [processor.tokenizer.decode(row, skip_special_tokens=True) for row in made]
    tagged = [text.startswith("<think>") and text.endswith("</answer>") for text in said]
    if name == "thinker":
        assert sum(tagged) >= 47
        right = [f"<answer>{one.final}</answer>" in text for one, text in zip(asked, said, strict=True)]
    else:
        assert 4 < sum(tagged) < 44
        right = [text.removesuffix("</answer>").endswith(one.final) for one, text in zip(asked, said, strict=True)]
    assert sum(right) >= (30 if name == "thinker" else 4)
