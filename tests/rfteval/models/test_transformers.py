"""The transformers backend against transformers' own `generate`, one prompt at a time: batches, refills, memory that
runs out and adapters change nothing; folders that are not whole are refused with what to do.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any, cast

import pytest
import torch
import transformers

from rfteval.errors import ModelError
from rfteval.models.open import ModelChoice, open_model
from rfteval.models.transformers import TransformersModel, qwen
from rfteval.models.transformers.decoding import Batch, Decoder
from rfteval.models.transformers.engine import Engine
from rfteval.models.transformers.lanes import in_lanes, is_small
from rfteval.models.transformers.loading import load
from rfteval.models.transformers.processing import Processing
from rfteval.types import Message, Prompt, Response, Sampling, TextPart
from tests.rfteval.models import tiny
from tests.rfteval.models.asking import answers, by_key, picture, prompt
from tests.rfteval.small_benchmark import benchmark

LENGTHS = [3, 40, 9, 1, 22, 15, 2, 30]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {make.__name__: make(root / make.__name__) for make in (tiny.idefics, tiny.qwen, tiny.llama)}


def model(folder: Path, **options: str) -> TransformersModel:
    opened = open_model(ModelChoice(name=str(folder), backend="transformers", options=options), benchmark(), "test")
    assert isinstance(opened, TransformersModel)
    return opened


def asked(pictures: bool) -> list[Prompt]:
    """Prompts of many lengths, with 0, 1 and 2 pictures where there may be some."""
    return [
        prompt(f"p{place}", "what " * words, *(picture(place + n, (40 + 9 * place, 50)) for n in range(place % 3)))
        if pictures
        else prompt(f"p{place}", "what " * words)
        for place, words in enumerate(LENGTHS)
    ]


def generated(folder: Path, prompts: list[Prompt], count: int) -> dict[tuple[str, int], str]:
    """What transformers itself generates greedily, one prompt at a time."""
    loaded = load(str(folder), {})
    texts = {}
    for each in prompts:
        prepared = loaded.processing.prepare([each], None)
        made = loaded.model.generate(**prepared.inputs, max_new_tokens=count, do_sample=False)
        texts[each.sample_id, 0] = loaded.processing.text(made[0, prepared.lengths[0] :].tolist())
    return texts


@pytest.mark.parametrize("name", ["idefics", "qwen", "llama"])
def test_rows_that_come_and_go_say_what_each_says_alone(folders: dict[str, Path], name: str) -> None:
    prompts = asked(pictures=name != "llama")
    expected = generated(folders[name], prompts, 20)
    for size in ("3", "64"):
        found = by_key(answers(model(folders[name], batch_size=size), prompts, Sampling(max_tokens=20)))
        assert {key: response.text for key, response in found.items()} == expected


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_two_engines_side_by_side_say_what_one_says(
    folders: dict[str, Path], two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = asked(pictures=True)
    drawn = Sampling(max_tokens=9, temperature=1.0, samples=2)
    made: list[Engine] = []
    monkeypatch.setattr(Engine, "advance", lambda engine, old=Engine.advance: made.append(engine) or old(engine))
    found = by_key(answers(model(folders["idefics"], batch_size="6"), prompts, drawn))
    assert len(set(made)) == 2
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    alone = by_key(answers(model(folders["idefics"], batch_size="3"), prompts, drawn))
    assert len(set(made)) == 3
    assert {key: each.text for key, each in found.items()} == {key: each.text for key, each in alone.items()}


def test_a_model_that_keeps_something_of_a_forward_pass_has_one_engine(folders: dict[str, Path]) -> None:
    assert is_small(load(str(folders["llama"]), {}))
    assert not is_small(load(str(folders["qwen"]), {}))


def test_half_a_surrogate_pair_is_one_failed_response(folders: dict[str, Path]) -> None:
    prompts = asked(pictures=False)
    broken = Message(role="user", parts=(TextPart(text="torn \ud800"),))
    prompts[1] = replace(prompts[1], messages=(broken,))
    found = answers(model(folders["llama"]), prompts, Sampling(max_tokens=3))
    failed = [each for each in found if each.error]
    assert len(found) == len(prompts) and [each.sample_id for each in failed] == [prompts[1].sample_id]


def test_places_are_made_once_for_all_that_will_come(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [replace(each, sample_id=f"{each.sample_id}-{n}") for each in asked(False) for n in range(6)]
    added = []
    monkeypatch.setattr(Batch, "_add", lambda batch, rows, old=Batch._add: added.append(rows) or old(batch, rows))
    found = answers(model(folders["llama"], batch_size="40"), prompts, Sampling(max_tokens=3))
    assert added == [40 - 16]  # a pass of 16 prompts came first
    assert len(found) == len(prompts)


def test_a_repetition_penalty_is_the_one_of_transformers(folders: dict[str, Path]) -> None:
    prompts = asked(pictures=False)[:4]
    loaded = load(str(folders["llama"]), {})
    found = by_key(answers(model(folders["llama"]), prompts, Sampling(max_tokens=20, repetition_penalty=1.3)))
    for each in prompts:
        prepared = loaded.processing.prepare([each], None)
        made = loaded.model.generate(**prepared.inputs, max_new_tokens=20, do_sample=False, repetition_penalty=1.3)
        assert found[each.sample_id, 0].text == loaded.processing.text(made[0, prepared.lengths[0] :].tolist())


def test_a_short_response_does_not_wait_for_a_long_one(folders: dict[str, Path]) -> None:
    drawn = Sampling(max_tokens=60, temperature=1.5, stop=("e", "t", "a"))
    order = [response.response_tokens for response in answers(model(folders["llama"]), asked(False), drawn)]
    assert order == sorted(order, key=lambda tokens: tokens or 0)
    assert len(set(order)) > 1


@pytest.fixture
def memory_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str], list[int]]]:
    """Makes forward passes run out of memory over some number of rows; the numbers that were tried."""
    tried: list[int] = []
    prefill, step = Decoder.prefill, Decoder.step

    def limit(most: int, error: str) -> list[int]:
        def check(rows: int) -> None:
            tried.append(rows)
            if rows > most:
                raise RuntimeError(error) if error else torch.OutOfMemoryError("CUDA out of memory")

        def prefill_within(self: Decoder, inputs: Any, rows: Any) -> Any:
            check(sum(len(these) for these in rows))
            return prefill(self, inputs, rows)

        def step_within(self: Decoder, batch: Any, tokens: Any) -> None:
            check(len(tokens))
            step(self, batch, tokens)

        monkeypatch.setattr(Decoder, "prefill", prefill_within)
        monkeypatch.setattr(Decoder, "step", step_within)
        return tried

    yield limit


@pytest.mark.parametrize("error", ["", "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory"])
def test_where_memory_runs_out_half_as_many_go_on(
    folders: dict[str, Path], memory_for: Callable[[int, str], list[int]], error: str
) -> None:
    sampling = Sampling(max_tokens=9, temperature=1.0, samples=2)
    prompts = asked(pictures=True)
    expected = {
        key: response.text for key, response in by_key(answers(model(folders["idefics"]), prompts, sampling)).items()
    }
    tried = memory_for(3, error)
    found = by_key(answers(model(folders["idefics"], batch_size="16"), prompts, sampling))
    assert {key: response.text for key, response in found.items()} == expected
    assert max(tried) > 3
    over = [rows for rows in tried if rows > 3]
    assert len(over) <= 4  # 16 → 8 → 4 → 2, and never again


def test_a_response_that_does_not_fit_alone_is_told(
    folders: dict[str, Path], memory_for: Callable[[int, str], list[int]]
) -> None:
    memory_for(0, "")
    found = answers(model(folders["llama"]), asked(pictures=False), Sampling(max_tokens=9))
    assert [response.error and "not enough memory" in response.error for response in found] == [True] * len(LENGTHS)


def test_a_prompt_over_the_context_is_told_and_one_near_it_is_cut_there(folders: dict[str, Path]) -> None:
    opened = model(folders["llama"], context="70")
    long, near = prompt("long", "what " * 60), prompt("near", "what " * 30)
    found = by_key(answers(opened, [long, near], Sampling(max_tokens=200)))
    assert "context overflow" in str(found["long", 0].error)
    near_by = found["near", 0]
    assert near_by.error is None
    assert (near_by.prompt_tokens or 0) + (near_by.response_tokens or 0) <= 70


def test_a_model_without_eyes_answers_what_has_no_pictures(folders: dict[str, Path]) -> None:
    prompts = [prompt("blind", "what", picture(1)), prompt("text", "what")]
    found = by_key(answers(model(folders["llama"]), prompts, Sampling(max_tokens=5)))
    assert "takes no pictures" in str(found["blind", 0].error)
    assert found["text", 0].error is None


def test_numbers_that_are_none_are_told(folders: dict[str, Path], tmp_path: Path) -> None:
    broken = shutil.copytree(folders["llama"], tmp_path / "broken")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(broken)
    torch.nn.init.constant_(loaded.lm_head.weight, float("nan"))
    loaded.save_pretrained(broken)
    (response,) = answers(model(broken), [prompt("a", "what")], Sampling(max_tokens=5))
    assert "not finite" in str(response.error)


class TestReasoning:
    """The budget of reasoning, by tags that the model or the template opens."""

    def ids(self, folder: Path, text: str) -> int:
        return len(load(str(folder), {}).processing.tokenizer.encode(text, add_special_tokens=False))

    @pytest.mark.parametrize("budget", [0, 4])
    def test_reasoning_that_the_template_opened_ends_at_its_budget(self, folders: dict[str, Path], budget: int) -> None:
        sampling = Sampling(max_tokens=24, thinking=True, thinking_budget=budget)
        free = Sampling(max_tokens=24, thinking=True)
        for each in asked(pictures=False)[:3]:
            (bounded,) = answers(model(folders["llama"]), [each], sampling)
            (unbounded,) = answers(model(folders["llama"]), [each], free)
            thought, tag, _ = bounded.text.partition("</think>")
            assert tag
            assert unbounded.text.startswith(thought)
            assert self.ids(folders["llama"], thought) <= budget

    @pytest.mark.parametrize(("opening", "closing"), [("[THINK]", "[/THINK]"), ("<think>", "</think>")])
    def test_marks_that_are_special_tokens_stay_where_others_are_dropped(self, opening: str, closing: str) -> None:
        """Else reasoning would run into the answer, and be judged with it."""
        words = tiny.tokenizer(tiny.TEXT_TEMPLATE)
        assert not Processing(words, None, context=99).marks_are_special
        words.add_special_tokens({"additional_special_tokens": [opening, closing, "<other>"]})
        processing = Processing(words, None, context=99)
        assert processing.marks_are_special
        tokens = words.encode(f"{opening}two and two{closing} four<other><end>", add_special_tokens=False)
        assert processing.text(tokens) == f"{opening}two and two{closing} four"

    def test_without_reasoning_a_budget_changes_nothing(self, folders: dict[str, Path]) -> None:
        prompts = asked(pictures=False)
        plain = by_key(answers(model(folders["llama"]), prompts, Sampling(max_tokens=12)))
        bounded = by_key(answers(model(folders["llama"]), prompts, Sampling(max_tokens=12, thinking_budget=2)))
        assert all(bounded[key].text == response.text for key, response in plain.items())


def test_an_adapter_is_the_one_that_peft_would_run(folders: dict[str, Path], tmp_path: Path) -> None:
    import peft

    base = transformers.AutoModelForCausalLM.from_pretrained(folders["llama"])
    torch.manual_seed(3)
    adapted = peft.get_peft_model(
        base, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    )
    adapted.save_pretrained(str(tmp_path / "adapter"))
    opened = model(folders["llama"], adapter=str(tmp_path / "adapter"))
    plain, (each, *_) = model(folders["llama"]), asked(pictures=False)
    (found,) = answers(opened, [each], Sampling(max_tokens=12))
    loaded = load(str(folders["llama"]), {})
    prepared = loaded.processing.prepare([each], None)
    made = adapted.generate(**prepared.inputs, max_new_tokens=12, do_sample=False)
    assert found.text == loaded.processing.text(made[0, prepared.lengths[0] :].tolist())
    assert found.text != answers(plain, [each], Sampling(max_tokens=12))[0].text
    assert opened.identity != plain.identity


@pytest.mark.parametrize(
    ("name", "token"),
    [("idefics", "<image>"), ("idefics", "<fake_token_around_image>"), ("qwen", "<|image_pad|>"), ("qwen", "<end>")],
)
def test_a_question_that_spells_a_special_token_is_a_text_like_any_other(
    folders: dict[str, Path], name: str, token: str
) -> None:
    """MMMU-Pro's official prompt spells `<image>`: the picture stays where the prompt has it, and the turn goes on."""
    processing = load(str(folders[name]), {}).processing
    number = processing.tokenizer.convert_tokens_to_ids(token)
    asked = [prompt("a", f"see {token} and {token}?", picture(1)), prompt("b", "see?", picture(1))]
    prepared = processing.prepare(asked, None)
    assert not prepared.refused
    spelled, plain = ((row == number).sum().item() for row in prepared.inputs["input_ids"])
    assert spelled == plain
    assert f"{token[0]} {token[1:]}" in processing.rendered(asked[0], None)
    found = answers(model(folders[name]), asked, Sampling(max_tokens=2))
    assert [response.error for response in found] == [None, None]


class TestQwen:
    """The family's processor where torchvision is missing."""

    def test_a_placeholder_becomes_one_for_each_token_of_its_picture(self, folders: dict[str, Path]) -> None:
        processing = load(str(folders["qwen"]), {}).processing
        prepared = processing.prepare([prompt("a", "what", picture(1, (56, 84)), picture(2, (28, 28)))], None)
        pad = processing.tokenizer.convert_tokens_to_ids("<|image_pad|>")
        # A picture of a by b pixels, both multiples of 28, is a/28 times b/28 tokens (Qwen2-VL, arXiv:2409.12191, 2.1).
        assert (prepared.inputs["input_ids"] == pad).sum() == 2 * 3 + 1
        assert prepared.inputs["image_grid_thw"].tolist() == [[1, 6, 4], [1, 2, 2]]

    def test_pixels_are_limited_as_asked(self, folders: dict[str, Path]) -> None:
        large = [prompt("a", "what", picture(1, (280, 280)))]
        (whole,) = answers(model(folders["qwen"]), large, Sampling(max_tokens=2))
        (small,) = answers(model(folders["qwen"], max_pixels=str(28 * 28 * 4)), large, Sampling(max_tokens=2))
        assert whole.prompt_tokens is not None and small.prompt_tokens is not None
        assert whole.prompt_tokens - small.prompt_tokens == 16 - 4

    def test_the_family_is_known_to_transformers(self) -> None:
        assert set(qwen.FAMILY) <= set(transformers.CONFIG_MAPPING)


class TestFoldersThatAreNotWhole:
    def said(self, folder: Path, **options: str) -> str:
        with pytest.raises(ModelError) as caught:
            answers(model(folder, **options), [prompt("a", "what")], Sampling(max_tokens=2))
        return str(caught.value)

    def test_no_processor(self, folders: dict[str, Path], tmp_path: Path) -> None:
        folder = shutil.copytree(folders["idefics"], tmp_path / "m")
        for name in ("processor_config.json", "preprocessor_config.json"):
            (folder / name).unlink(missing_ok=True)
        assert "copy preprocessor_config.json" in self.said(folder)

    def test_no_chat_template(self, tmp_path: Path) -> None:
        folder = tiny.llama(tmp_path / "m", template=None)
        assert "chat_template=FILE" in self.said(folder)
        (tmp_path / "t.jinja").write_text(tiny.TEXT_TEMPLATE)
        (given,) = answers(
            model(folder, chat_template=str(tmp_path / "t.jinja")), [prompt("a", "what")], Sampling(max_tokens=2)
        )
        assert given.error is None

    def test_no_weights(self, folders: dict[str, Path], tmp_path: Path) -> None:
        folder = shutil.copytree(folders["llama"], tmp_path / "m")
        (folder / "model.safetensors").unlink()
        assert "cannot load" in self.said(folder)

    def test_torn_weights(self, folders: dict[str, Path], tmp_path: Path) -> None:
        folder = shutil.copytree(folders["llama"], tmp_path / "m")
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
        assert "cannot load" in self.said(folder)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no model's folder"):
            model(tmp_path)


def test_other_weights_under_the_same_name_are_another_model(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["llama"], tmp_path / "m")
    before = model(folder).identity
    assert before["weights"] == model(folders["llama"]).identity["weights"]
    loaded = transformers.AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        for weight in loaded.parameters():
            weight += 1e-3
    loaded.save_pretrained(folder)
    assert model(folder).identity != before


def test_a_response_knows_its_prompt(folders: dict[str, Path]) -> None:
    found: list[Response] = answers(model(folders["llama"]), asked(False), Sampling(max_tokens=2))
    lengths = {response.sample_id: response.prompt_tokens for response in found}
    assert [lengths[f"p{place}"] for place in range(len(LENGTHS))] == [
        load(str(folders["llama"]), {}).processing.prepare([each], None).lengths[0] for each in asked(False)
    ]


def test_what_other_engines_ended_is_kept_when_one_fails() -> None:
    class Lane:
        done = False
        failed = Event()

        def __init__(self, name: str) -> None:
            self.name = name

        def advance(self) -> list[Response]:
            if self.name == "failing":
                self.failed.set()
                raise MemoryError("no more")
            assert self.failed.wait(10)
            sleep(0.2)  # until the failure is known
            return [Response(sample_id=self.name, text="4")]

    kept = set()

    async def ask() -> None:
        async for ended in in_lanes([cast(Engine, Lane(name)) for name in ("failing", "a", "b")]):
            kept.update(response.sample_id for response in ended)

    with pytest.raises(MemoryError, match="no more"):
        asyncio.run(ask())
    assert kept == {"a", "b"}
