"""Likelihoods of options by transformers, against a slow reference: a token at a time, alone, without padding.

Of the architectures that matter, and of the embedded model for real: an option's likelihood does not depend on what
else is read with it.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from rfteval import runner
from rfteval.errors import ModelError, UsageError
from rfteval.models.open import ModelChoice, open_model
from rfteval.models.transformers.likelihood import TransformersLikelihood, grouped, ranked
from rfteval.models.transformers.loading import Loaded, load
from rfteval.plan import Plan
from rfteval.types import Image, Prompt, Response, Sampling
from tests.benchmarks.case import load as load_samples
from tests.benchmarks.case import score, write
from tests.benchmarks.cases.seed_bench_likelihood import CASES
from tests.rfteval.models import tiny
from tests.rfteval.models.asking import answers, picture, prompt
from tests.rfteval.small_benchmark import benchmark

OPTIONS = ("the chart", "a", "what is shown in the picture and in the table", "2")
RANKED = dataclasses.replace(benchmark(), ranked=True)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {make.__name__: make(root / make.__name__) for make in (tiny.idefics, tiny.qwen, tiny.llama)}


def opened(name: str, **options: str) -> TransformersLikelihood:
    found = open_model(ModelChoice(name=name, backend="transformers", options=options), RANKED, "test")
    assert isinstance(found, TransformersLikelihood)
    return found


def asked(pictures: bool) -> list[Prompt]:
    """Prompts of several lengths, with 0, 1 and 2 pictures where there may be some, and from 1 to 4 options."""
    prompts = []
    for place, words in enumerate((3, 20, 1, 9, 14)):
        shown = [picture(place + n, (40 + 9 * place, 50)) for n in range(place % 3 if pictures else 0)]
        made = prompt(f"p{place}", "what " * words, *shown)
        prompts.append(dataclasses.replace(made, options=OPTIONS[: 1 + (place + 2) % 4]))
    return prompts


def alone(loaded: Loaded, asked: Prompt, option: str) -> tuple[float, float, int]:
    """(log-likelihood, that of the end, tokens) by one pass a token, in double precision behind the logits."""
    prepared = loaded.processing.prepare([asked], None)
    words = loaded.processing.tokenizer
    tokens = [*words.encode(option, add_special_tokens=False), words.eos_token_id]
    found = []
    with torch.inference_mode():
        for place, token in enumerate(tokens):
            found.append(_next(loaded, prepared.inputs, tokens[:place])[token])
    return sum(found[:-1]), found[-1], len(tokens) - 1


def _next(loaded: Loaded, inputs: Any, before: Sequence[int]) -> list[float]:
    """The log-probability of every token behind the prompt and the tokens `before`."""
    more = torch.tensor([before], dtype=torch.long)
    whole = {}
    for name, value in inputs.items():
        if value.shape == inputs["input_ids"].shape:
            added = more if name == "input_ids" else torch.full_like(more, int(name == "attention_mask"))
            value = torch.cat([value, added.to(value.dtype)], dim=1)
        whole[name] = loaded.moved(value)
    for module in loaded.model.modules():  # what Qwen remembers of the prompt before
        if hasattr(module, "rope_deltas"):
            module.rope_deltas = None
    logits = loaded.model(**whole, use_cache=False).logits[0, -1]
    values: list[float] = torch.log_softmax(logits.double(), dim=-1).tolist()
    return values


def tables(responses: Sequence[Response]) -> dict[str, dict[str, list[float]]]:
    return {response.sample_id: json.loads(response.text) for response in responses}


@pytest.mark.parametrize("name", ["idefics", "qwen", "llama"])
def test_likelihoods_are_those_of_a_token_at_a_time(folders: dict[str, Path], name: str) -> None:
    prompts = asked(pictures=name != "llama")
    loaded = load(str(folders[name]), {})
    found = tables(answers(opened(str(folders[name]), batch_size="7"), prompts, Sampling()))
    assert set(found) == {each.sample_id for each in prompts}
    for each in prompts[::2]:
        expected = [alone(loaded, each, option) for option in each.options]
        table = found[each.sample_id]
        assert table["log_likelihoods"] == pytest.approx([value for value, _, _ in expected], abs=2e-4)
        assert table["ends"] == pytest.approx([end for _, end, _ in expected], abs=2e-4)
        assert table["tokens"] == [count for _, _, count in expected]


@pytest.mark.parametrize("name", ["idefics", "qwen", "llama"])
def test_neighbours_and_padding_change_nothing(folders: dict[str, Path], name: str) -> None:
    prompts = asked(pictures=name != "llama")
    several, single = (
        tables(answers(opened(str(folders[name]), batch_size=size), prompts, Sampling())) for size in ("64", "1")
    )
    for sample_id, table in several.items():
        for column, values in table.items():
            assert values == pytest.approx(single[sample_id][column], abs=2e-4), (sample_id, column)


def test_the_likelihoods_of_all_next_tokens_are_one_together(folders: dict[str, Path]) -> None:
    """The probabilities of all tokens add up to 1, and each that no special one is an option like any other."""
    loaded = load(str(folders["llama"]), {})
    words = loaded.processing.tokenizer
    plain = [text for text in map(words.decode, range(len(words))) if loaded.processing.plain(text) == text]
    single = [text for text in plain if len(words.encode(text)) == 1]
    values = _next(loaded, loaded.processing.prepare([prompt("p", "what")], None).inputs, [])
    assert sum(map(math.exp, values)) == pytest.approx(1)
    (response,) = ranked(loaded, [dataclasses.replace(prompt("p", "what"), options=tuple(single))], None)
    found = json.loads(response.text)["log_likelihoods"]
    assert found == pytest.approx([values[words.encode(text)[0]] for text in single], abs=2e-5)


def test_a_prompt_that_cannot_be_read_fails_with_its_reason_and_the_others_do_not(folders: dict[str, Path]) -> None:
    good, bad = asked(pictures=True)[1], prompt("bad", "what", Image(data=b"no picture"))
    found = answers(opened(str(folders["idefics"])), [good, dataclasses.replace(bad, options=OPTIONS)], Sampling())
    by_id = {response.sample_id: response for response in found}
    assert by_id["bad"].error is not None and "no picture that can be read" in by_id["bad"].error
    assert by_id["p1"].error is None


def test_an_option_that_does_not_fit_behind_its_prompt_is_a_context_overflow(folders: dict[str, Path]) -> None:
    loaded = load(str(folders["llama"]), {"context": 24})
    fits, overflows = (dataclasses.replace(prompt(name, "what"), options=OPTIONS[:1]) for name in ("fits", "overflows"))
    overflows = dataclasses.replace(overflows, options=("the chart " * 40,))
    found = {response.sample_id: response.error for response in ranked(loaded, [fits, overflows], None)}
    assert found["fits"] is None
    assert found["overflows"] is not None and "the model holds 24" in found["overflows"]


def test_where_memory_runs_out_prompts_are_read_one_by_one(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rfteval.models.transformers import likelihood

    prompts = asked(pictures=False)
    loaded = load(str(folders["llama"]), {})
    expected = tables(ranked(loaded, prompts, None))
    before = likelihood.log_probabilities

    def scarce(loaded: Loaded, inputs: Any, written: Sequence[Sequence[int]]) -> list[list[float]]:
        if len(written) > 3:
            raise torch.OutOfMemoryError
        return before(loaded, inputs, written)

    monkeypatch.setattr(likelihood, "log_probabilities", scarce)
    found = ranked(loaded, prompts, None)
    lone = {response.sample_id for response in found if response.error is not None}
    assert lone == {each.sample_id for each in prompts if len(each.options) > 3}
    for response in found:
        if response.error is None:
            table, whole = json.loads(response.text), expected[response.sample_id]
            assert table["log_likelihoods"] == pytest.approx(whole["log_likelihoods"], abs=2e-4)


def test_groups_are_alike_in_pictures_and_no_larger_than_they_may_be() -> None:
    prompts = asked(pictures=True)
    groups = list(grouped(prompts, 5))
    assert sorted(each.sample_id for group in groups for each in group) == [each.sample_id for each in prompts]
    for group in groups:
        assert len({any(len(message.parts) > 1 for message in each.messages) for each in group}) == 1
        assert len(group) == 1 or sum(len(each.options) for each in group) <= 5


def test_likelihoods_are_not_drawn(folders: dict[str, Path]) -> None:
    model = opened(str(folders["llama"]))
    for sampling in (Sampling(samples=2), Sampling(temperature=0.5)):
        with pytest.raises(UsageError, match="likelihoods are not drawn"):
            answers(model, asked(pictures=False), sampling)
    with pytest.raises(UsageError, match="has no options"):
        answers(model, [prompt("p", "what")], Sampling())


def test_a_backend_that_cannot_tell_says_which_can() -> None:
    with pytest.raises(
        ModelError, match=r"needs the likelihood of each option.*openai.*--backend replay or transformers"
    ):
        open_model(ModelChoice(name="openai:gpt", options={"base_url": "http://127.0.0.1:9/v1"}), RANKED, "test")


@pytest.fixture(scope="module")
def embedded() -> Loaded:
    from rfteval.models import embedded

    return load(str(embedded.path("thinker")), {})


def test_the_embedded_model_for_real(embedded: Loaded) -> None:
    """Two questions about pictures, four options each, read together and a token at a time."""
    prompts = [
        dataclasses.replace(prompt(name, f"Question: {text}\nAnswer:", picture(3, (96, 64))), options=options)
        for name, text, options in (
            ("a", "Which bar is the tallest?", ("A", "B", "C", "the last one")),
            ("b", "How many are there?", ("One", "Two", "Three", "Four")),
        )
    ]
    found = tables(ranked(embedded, prompts, None))
    for each in prompts:
        expected = [alone(embedded, each, option) for option in each.options[1:4:2]]
        table = found[each.sample_id]
        assert table["log_likelihoods"][1:4:2] == pytest.approx([value for value, _, _ in expected], abs=1e-3)
        assert table["tokens"][1:4:2] == [count for _, _, count in expected]


def test_a_run_ranks_and_is_scored_by_each_rule(folders: dict[str, Path], tmp_path: Path) -> None:
    """SEED-Bench's rows with pictures that can be read, by a tiny model; scored again by another interface's loss."""
    (case,) = CASES
    rows = [
        {**row, "image": [{"bytes": picture(place).data, "path": None} for _ in row["image"]]}
        for place, row in enumerate(case.rows)
    ]
    write(tmp_path / "data", case, rows)
    plan = Plan(benchmark="seed-bench-likelihood", data=str(tmp_path / "data"), out=tmp_path / "run")
    report = runner.run(plan, ModelChoice(name=str(folders["idefics"]), backend="transformers"))
    assert sum(report.statuses.values()) == 4 and set(report.statuses) <= {"CORRECT", "INCORRECT"}
    assert [metric.name for metric in report.metrics] == ["seed_ppl_all", "seed_ppl_image", "seed_ppl_video"]
    lines = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()[1:]
    samples = {sample.id: sample for sample in load_samples(tmp_path / "data", case)}
    for record in map(json.loads, lines):
        for profile in case.benchmark.profiles:
            verdict = score(case, samples[record["sample_id"]], record["response"]["text"], profile)
            assert verdict.status.scored and verdict.extracted in tuple("ABCD")
