"""Supervised training: what a row of many questions computes, going on after a kill, files of pairs, any model."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import count, cycle, islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
import yaml
from PIL import Image as Pillow

from reward_service.types import Reference
from rfteval.errors import InputFileError, UsageError
from rfteval.registry import dataset
from rfteval.types import Sample
from training.config import parse
from training.encoding import load_encoder
from training.sft import Steps, loss_of, run
from training.sft_batches import IGNORED, PackedCollator, PlainCollator
from training.sft_config import SftConfig
from training.sft_examples import FromDataset, FromFile, source_of, thinned

SHAPE = {"vision_width": 32, "vision_layers": 1, "vision_heads": 1, "vision_inner": 32, "layers": 1}
SHAPE |= {"width": 32, "heads": 1, "key_heads": 1, "inner": 32, "vocabulary": 640}


def config(out: Path, **changes: object) -> SftConfig:
    """A run of six steps on a model of nearly nothing; `changes` are dotted, with __ for the dot."""
    values: dict[str, Any] = {
        "out": str(out),
        "seed": 5,
        "model": {"build": {"tokenizer_samples": 200, "shape": SHAPE}, "attention": "eager"},
        "data": {"dataset": "synthetic", "rows": 4, "rows_at_once": 2},
        "optimizer": {"name": "muon", "lr": 0.003, "steps": 6, "warmup": 2, "decay": 2, "average": 0.9},
        "workers": 0,
        "log_every": 1,
        "save_every": 3,
        "evaluate_every": 3,
        "evaluate_rows": 2,
    }
    for name, value in changes.items():
        section, _, key = name.rpartition("__")
        (values[section] if section else values)[key] = value
    return parse(values, "test", SftConfig)


class Killed(Exception):
    """Stands for a kill."""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """To the last bit, and the log has each step once more at most: those after the last saved state."""
    whole = run(config(tmp_path / "whole"), lambda line: None)

    def kill(line: Mapping[str, object]) -> None:
        if line["step"] == 5:
            raise Killed

    with pytest.raises(Killed):
        run(config(tmp_path / "cut"), kill)
    seen: list[object] = []
    cut = run(config(tmp_path / "cut"), lambda line: seen.append(line["step"]))
    assert seen == [4, 5, 6]
    assert weights(whole).keys() == weights(cut).keys()
    assert all(torch.equal(one, weights(cut)[name]) for name, one in weights(whole).items())


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    """Also a saved model is a transformers folder that training can start from."""
    lines: list[Mapping[str, object]] = []
    folder = run(config(tmp_path / "run", optimizer__steps=16, save_every=16), lines.append)
    assert float(str(lines[-1]["held_out_loss"])) < float(str(lines[2]["held_out_loss"])) - 0.2
    again = config(tmp_path / "again", optimizer__steps=1, model__path=str(folder), model__build=None)
    assert run(again, lines.append).is_dir()


def test_a_question_in_a_row_of_many_is_computed_as_if_alone(tmp_path: Path) -> None:
    """The loss of packed rows is that of every question in a row of its own, and so is its gradient."""
    settings = config(tmp_path / "run", optimizer__steps=1)
    run(settings, lambda line: None)
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = tmp_path / "run" / "model"
    model = AutoModelForImageTextToText.from_pretrained(folder, attn_implementation="eager")
    steps = Steps(settings, model, AutoProcessor.from_pretrained(folder), folder, source_of(settings))
    assert isinstance(steps.collator, PackedCollator)
    examples = list(islice(steps.source.examples(0), 8))

    def measured(parts: list[dict[str, torch.Tensor]]) -> tuple[float, torch.Tensor, int]:
        model.zero_grad()
        total = 0.0
        for part in parts:
            loss, _ = loss_of(model, part)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        tokens = sum(int((part["labels"] != IGNORED).sum()) for part in parts)
        gradient = model.model.connector.modality_projection.proj.weight.grad
        return total, gradient.clone(), tokens

    packed = measured(steps.collator.parts(examples, 2, 2))
    alone = measured([part for one in examples for part in steps.collator.parts([one], 1, 1)])
    plain = measured(PlainCollator(load_encoder(folder, 4096)).parts(examples, 8, 3))
    for other in (alone, plain):
        assert packed[2] == other[2]
        assert packed[0] == pytest.approx(other[0], rel=1e-5)
        torch.testing.assert_close(packed[1], other[1], rtol=1e-3, atol=1e-5)


LETTERS = r" \([A-E]\)\."


def test_only_what_matches_is_learned_and_pictures_can_be_left_out(tmp_path: Path) -> None:
    settings = config(tmp_path / "run", optimizer__steps=1, data__pictures=False, data__learned=LETTERS)
    run(settings, lambda line: None)
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = tmp_path / "run" / "model"
    model, processor = AutoModelForImageTextToText.from_pretrained(folder), AutoProcessor.from_pretrained(folder)
    steps = Steps(settings, model, processor, folder, source_of(settings))
    for part in steps[0]:
        assert "pixel_values" not in part
        for labels in part["labels"]:
            assert re.fullmatch(LETTERS, processor.tokenizer.decode(labels[labels != IGNORED]))
    packed = PackedCollator(processor, 1.0, LETTERS).parts(
        FromDataset(source=dataset("synthetic"), config=config(tmp_path)).examples(0), 4, 4
    )
    texts = processor.tokenizer.batch_decode([labels[labels != IGNORED] for labels in packed[0]["labels"]])
    assert any(texts) and all(re.fullmatch(rf"({LETTERS})*", text) for text in texts)


def test_a_pattern_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"data.learned.*no regular expression"):
        config(tmp_path, data__learned="(")


def test_every_run_of_the_embedded_models_goes_on_from_the_one_before(repository: Path) -> None:
    files = sorted((repository / "training" / "configs").glob("embedded-*.yaml"))
    runs = [parse(yaml.safe_load(file.read_text(encoding="utf-8")), str(file), SftConfig) for file in files]
    assert runs[0].model.build is not None and len(runs) == 5
    for before, after in pairwise(runs):
        assert after.model.path == f"{before.out}/model"


def pairs(folder: Path, count: int, picture: bool) -> Path:
    folder.mkdir()
    Pillow.new("RGB", (20, 20), (200, 30, 30)).save(folder / "red.png")
    lines = [
        {"prompt": f"What is {n}?", "response": f"It is {n}."} | ({"image": "red.png"} if picture else {})
        for n in range(count)
    ]
    path = folder / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_any_model_learns_from_a_file(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """A text model from pairs of texts, a vision-language model from pairs with pictures."""
    model = request.getfixturevalue(f"{kind}_model")
    lines: list[Mapping[str, object]] = []
    settings = config(
        tmp_path / "run",
        model={"path": str(model)},
        data={"file": str(pairs(tmp_path / "data", 20, kind == "picture")), "rows": 4, "rows_at_once": 3},
        optimizer={"steps": 12, "warmup": 1, "decay": 1, "lr": 0.01},
    )
    folder = run(settings, lines.append)
    assert (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file()
    assert float(str(lines[-1]["loss"])) < float(str(lines[0]["loss"])) - 0.5


def test_adapters_are_trained_alone(tmp_path: Path, text_model: Path) -> None:
    settings = config(
        tmp_path / "run",
        model={"path": str(text_model), "lora": {"rank": 2}},
        data={"file": str(pairs(tmp_path / "data", 20, False)), "rows": 2},
        optimizer={"steps": 2, "warmup": 0, "decay": 0, "lr": 0.01},
    )
    folder = run(settings, lambda line: None)
    assert (folder / "adapter_model.safetensors").is_file() and not (folder / "model.safetensors").exists()


def test_a_file_is_seen_once_an_epoch_and_its_end_is_held_out(tmp_path: Path) -> None:
    settings = config(tmp_path / "run", data={"file": str(pairs(tmp_path / "data", 20, False)), "rows": 6})
    source = source_of(settings)
    assert isinstance(source, FromFile) and source.kept == 1
    seen = [example.response for step in range(6) for example in islice(source.examples(step), 6)]
    held_out = {example.response for example in source.examples(0, held_out=True)}
    assert held_out == {"It is 19."} and not held_out & set(seen)
    assert len(set(seen[:19])) == 19 and sorted(seen[:19]) != seen[:19]


def test_styles_come_in_their_shares(tmp_path: Path) -> None:
    settings = config(tmp_path / "run", data__styles={"tagged": 2, "plain": 2, "direct": 5})
    said = [
        example.response
        for example in islice(FromDataset(source=dataset("synthetic"), config=settings).examples(0), 900)
    ]
    tagged = sum(text.startswith("<think>") for text in said)
    plain = sum(" Answer: " in text for text in said)
    assert 150 < tagged < 250 and 150 < plain < 250


def test_kinds_come_in_their_shares_with_all_questions_of_a_picture(tmp_path: Path) -> None:
    source = dataset("synthetic")
    samples = list(islice(source.stream("train", 5), 1200))
    shares = {"family": {"bars": 0.0, "pies": 0.5}}
    kept = list(thinned(samples, shares, Random(1)))
    before, after = (Counter(picture_of(sample) for sample in each) for each in (samples, kept))
    assert all(after[picture] == before[picture] for picture in after)
    whole, thin = (Counter(family for family, _ in each) for each in (before, after))
    assert thin["bars"] == 0 and 0.3 < thin["pies"] / whole["pies"] < 0.7
    assert all(thin[family] == whole[family] for family in whole if family not in shares["family"])
    with pytest.raises(UsageError, match="no sample has a tag 'famly'"):
        source_of(config(tmp_path, data__shares={"famly": {"bars": 0.0}}))


def test_samples_without_pictures_are_thinned_one_by_one() -> None:
    """Of a stream without an end, which nothing may wait for."""
    kinds = cycle(("sum", "product"))
    texts = (
        Sample(id=f"{number}", question="?", reference=Reference(answer="1"), tags={"family": next(kinds)})
        for number in count()
    )
    kept = list(islice(thinned(texts, {"family": {"product": 0.5}}, Random(1)), 300))
    families = Counter(sample.tags["family"] for sample in kept)
    assert families["sum"] == len([each for each in range(int(kept[-1].id) + 1) if each % 2 == 0])
    assert 0.3 < families["product"] / families["sum"] < 0.7


def picture_of(sample: Sample) -> tuple[str, bytes]:
    assert sample.images[0].data is not None
    return str(sample.tags["family"]), sample.images[0].data


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"prompt": 3, "response": "x"}', "must be texts"),
        ('{"prompt": "x", "response": "y", "image": "no.png"}', "no such picture"),
        ("[]", "pairs.jsonl:1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(InputFileError, match=complaint):
        source_of(config(tmp_path / "run", data={"file": str(path)}))


def test_what_cannot_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        run(config(tmp_path / "run", model={"path": str(tmp_path / "none")}), lambda line: None)
    with pytest.raises(InputFileError, match="exactly one of path and build"):
        config(tmp_path / "run", model={})
    with pytest.raises(InputFileError, match="did you mean muon_lr"):
        config(tmp_path / "run", optimizer__muon_l=1)
