"""What every model keeps to, whichever backend runs it: asked alike, it answers each prompt once or says why not.

replay plays a recording of the very prompts; transformers and vLLM run a tiny model of the embedded one's
architecture; openai asks a real HTTP server that speaks the protocol. What a tiny model says is noise, and is compared
with itself only.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rfteval.models import Model
from rfteval.models.open import ModelChoice, open_model
from rfteval.types import Image, Prompt, Response, Sampling
from tests.rfteval.models.asking import answers, by_key, picture, prompt
from tests.rfteval.models.chat_server import ChatServer
from tests.rfteval.small_benchmark import benchmark
from tests.rfteval.test_images import huge_png

GREEDY = Sampling(max_tokens=12)
DRAWN = Sampling(max_tokens=12, temperature=1.0, samples=3, seed=5)
PROMPTS = [
    prompt("none", "what is shown"),
    prompt("one", "what is shown in the picture", picture(1)),
    prompt("two", "which is larger", picture(2), picture(3, (90, 20))),
    prompt("long", "think about the chart " * 5, picture(4)),
    *(prompt(f"more{number}", f"question {number}" + " again" * number, picture(number)) for number in range(5, 9)),
]


@pytest.fixture(
    scope="module", params=["replay", "transformers", "openai", pytest.param("vllm", marks=pytest.mark.slow)]
)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    folder = tmp_path_factory.mktemp("model")
    with ExitStack() as stack:
        if request.param == "replay":
            choice = ModelChoice(name=f"replay:{_recording(folder / 'recording.jsonl')}")
        elif request.param == "openai":
            server = stack.enter_context(ChatServer())
            choice = ModelChoice(name="openai:tiny", options={"base_url": server.url, "concurrency": "4"})
        else:
            if request.param == "vllm" and importlib.util.find_spec("vllm") is None:
                pytest.skip("vllm is not installed here; `rfteval models` says how")
            from tests.rfteval.models import tiny

            options = {"max_images": "3", **({"batch_size": "4"} if request.param == "transformers" else {})}
            choice = ModelChoice(name=str(tiny.idefics(folder)), backend=request.param, options=options)
        opened = open_model(choice, benchmark(), "test")
        yield opened
        if request.param == "vllm":
            opened.close()  # type: ignore[attr-defined]


@pytest.fixture
def generating(model: Model) -> Model:
    """A model that writes its responses itself: a recording has its own tokens, and takes any picture."""
    if model.identity["model"] == "replay":
        pytest.skip("a recording is played as it is")
    return model


def _recording(path: Path) -> Path:
    rows = [
        {"pid": asked.sample_id, "index": index, "response": f"{asked.sample_id} {index}"}
        for asked in PROMPTS
        for index in range(DRAWN.samples)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_each_response_that_is_wanted_comes_once_and_no_other(model: Model) -> None:
    asked = [*PROMPTS[:3], prompt("one more", "x", indices=()), prompt("long", "think", picture(4), indices=(2, 0))]
    found = by_key(answers(model, asked, DRAWN))
    wanted = {(name, index) for name in ("none", "one", "two") for index in range(3)}
    assert found.keys() == wanted | {("long", 2), ("long", 0)}
    assert all(response.error is None and response.text for response in found.values())


def test_no_prompt_no_response(model: Model) -> None:
    assert answers(model, [], DRAWN) == []


def test_what_decides_responses_is_told_in_json_and_stays_the_same(model: Model) -> None:
    assert json.loads(json.dumps(dict(model.identity))) == dict(model.identity)
    assert model.identity["model"]


@pytest.mark.parametrize("sampling", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_response_does_not_depend_on_what_else_is_asked(model: Model, sampling: Sampling) -> None:
    together = by_key(answers(model, PROMPTS, sampling))
    alone = by_key([one for each in PROMPTS[::-3] for one in answers(model, [each], sampling)])
    assert {key: response.text for key, response in alone.items()} == {key: together[key].text for key in alone}


def test_a_run_that_goes_on_gets_the_responses_that_one_sitting_would_have_had(model: Model) -> None:
    whole = by_key(answers(model, PROMPTS, DRAWN))
    parts = [Prompt(sample_id=p.sample_id, messages=p.messages, indices=(1,)) for p in PROMPTS[:4]]
    assert all(whole[key].text == response.text for key, response in by_key(answers(model, parts, DRAWN)).items())


def test_seeds_make_responses_differ_and_are_kept(generating: Model) -> None:
    drawn = by_key(answers(generating, PROMPTS[:4], DRAWN))
    assert len({response.text for response in drawn.values()}) == len(drawn)
    assert len({response.seed for response in drawn.values()}) == len(drawn)
    other = by_key(answers(generating, PROMPTS[:4], Sampling(max_tokens=12, temperature=1.0, samples=3, seed=6)))
    assert all(other[key].text != response.text for key, response in drawn.items())
    assert {response.seed for response in answers(generating, PROMPTS[:2], GREEDY)} == {None}


def test_the_longest_response_is_kept_to_and_told(generating: Model) -> None:
    for response in answers(generating, PROMPTS[:3], Sampling(max_tokens=3)):
        assert response.response_tokens is not None
        assert response.response_tokens <= 3
        assert response.prompt_tokens is not None
        assert response.finish_reason == ("length" if response.response_tokens == 3 else "stop")


def test_a_response_ends_before_its_stop(generating: Model) -> None:
    (whole,) = answers(generating, PROMPTS[1:2], GREEDY)
    stop = whole.text[2:4]
    (stopped,) = answers(generating, PROMPTS[1:2], Sampling(max_tokens=12, stop=("never said", stop)))
    assert stopped.text == whole.text[: whole.text.index(stop)]
    assert stopped.finish_reason == "stop"


def test_pictures_count_and_so_does_their_order(generating: Model) -> None:
    first, second = picture(2), picture(3, (90, 20))
    orders = [prompt("a", "which", first, second), prompt("b", "which", second, first), prompt("c", "which", first)]
    found = by_key(answers(generating, orders, Sampling(max_tokens=16)))
    assert len({response.text for response in found.values()}) == 3


def test_a_prompt_that_cannot_be_answered_is_told_and_the_others_go_on(generating: Model, tmp_path: Path) -> None:
    bad = {
        "torn": prompt("torn", "what", Image(data=picture(1).data[:60])),  # type: ignore[index]
        "missing": prompt("missing", "what", Image(path=str(tmp_path / "chart.png"))),
        "text": prompt("text", "what", Image(data=b"no picture")),
        "bomb": prompt("bomb", "what", Image(data=huge_png(100_000))),
        "crowd": prompt("crowd", "what", *(picture(number) for number in range(4))),
        "endless": prompt("endless", "on and on " * 400, picture(1)),
    }
    good = PROMPTS[:4]
    found = by_key(answers(generating, [good[0], *bad.values(), *good[1:]], GREEDY))
    assert found.keys() == {(p.sample_id, 0) for p in (*bad.values(), *good)}
    for name in bad:
        response = found[name, 0]
        assert response.error and response.text == "" and response.finish_reason == "error", name
    assert "chart.png" in str(found["missing", 0].error)
    expected = by_key(answers(generating, good, GREEDY))
    assert all(found[key].text == response.text and not found[key].error for key, response in expected.items())


def test_odd_pictures_are_answered_all_the_same(generating: Model) -> None:
    from PIL import Image as pillow

    from tests.rfteval.test_images import stored

    frames = [pillow.new("RGB", (20, 20), color) for color in ("red", "green")]
    odd = {
        "cmyk": stored(pillow.new("CMYK", (20, 20)), "JPEG"),
        "animated": stored(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "pixel": stored(pillow.new("RGB", (1, 1)), "PNG"),
        "thin": stored(pillow.new("RGB", (3, 40)), "PNG"),
        "clear": stored(pillow.new("RGBA", (20, 20)), "PNG"),
    }
    found = answers(generating, [prompt(name, "what", image) for name, image in odd.items()], GREEDY)
    assert {response.sample_id: response.error for response in found} == dict.fromkeys(odd)


def test_closing_early_ends_it(model: Model) -> None:
    async def first() -> Response:
        stream = model.generate(PROMPTS, DRAWN)
        response = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return response

    assert asyncio.run(first()).sample_id
    assert answers(model, PROMPTS[:1], GREEDY)[0].error is None
