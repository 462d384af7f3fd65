"""The page of a training run: true to its files, readable while the run goes on; what a model wrote is only text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfteval.errors import InputFileError, UsageError
from rfteval.pages.embedding import read_block
from tests.chromium import Tab, browser_path, browsing
from training.report.figures import running_mean
from training.report.page import training_page, write_page
from training.report.rollouts import BLOCK, choose, shown, spread
from training.report.stored import GroupPlace, read_training

HOSTILE = (
    "</script><script>alert('owned')</script>",
    "<!--<script>alert('owned')//-->",
    "<img src=x onerror=alert('owned')>",
    "<base href='http://127.0.0.1:9/'><form action='//127.0.0.1:9'><button>send</button></form>",
    "]]></svg></style></textarea></noscript></template><img src=//127.0.0.1:9/z>",
    "{{ 7 * 7 }}{% include 'page.html' %}${alert('owned')}",
    "\u202egnirts\u202c \u2066\x00\x1b[31m",
)


def metrics(step: int) -> dict[str, float]:
    return {
        "step": step,
        "reward/mean": 0.1 * step,
        "reward/std": 0.2,
        "component/auto": 0.05 * step,
        "component/format": 0.9,
        "length/mean": 10.0 + step,
        "length/max": 30.0,
        "length/truncated": 0.01 * step,
        "entropy": 1.0 / step,
        "kl": 0.01 * step,
        "beta": 0.04,
        "lr": 1e-5,
        "policy/clip_fraction_low": 0.01 * step,
        "policy/clip_fraction_high": 0.0,
        "policy/ratio_mean": 1.0,
        "groups/sampled": 8.0,
        "groups/kept": 5.0,
        "groups/too_hard": 2.0,
        "groups/too_easy": 1.0,
        "rollouts": 64.0,
        "rollouts/unscored": 1.0,
        "rollouts/tokens": 640.0,
        "time/step_s": 10.0,
        "time/sample_s": 6.0,
        "time/verifier_s": 0.5,
        "time/update_s": 3.0,
    }


def rollout(index: int, tokens: list[str], **changes: Any) -> dict[str, Any]:
    row = {
        "index": index,
        "text": "".join(tokens),
        "finish_reason": "stop",
        "noisy": False,
        "tokens": tokens,
        "logprobs": [-0.5] * len(tokens),
        "advantages": [0.7] * len(tokens),
        "reward": 1.0,
        "components": {"auto": 1.0},
        "reason": "",
        "verdicts": [{"verifier": "math", "status": "CORRECT", "score": 1.0, "extracted": "7", "reason": "equal"}],
    }
    return row | changes


def group(step: int, text: str = "7") -> dict[str, Any]:
    by_token = rollout(1, [text, "b"], reward=0.0, advantages=[-1.5, 0.25], finish_reason="length")
    unscored = rollout(2, [text], reward=None, advantages=[], components={"auto": None}, reason=f"hung {text}")
    return {
        "step": step,
        "sample_id": f"s{text}",
        "question": f"Why {text}?",
        "answer": text,
        "tags": {"level": text, "skills": [text, "more"]},
        "rollouts": [rollout(0, [text, "\n", "a"]), by_token, unscored],
    }


def write_run(folder: Path, *texts: str, steps: int = 3) -> Path:
    """Steps take turns with `texts`; all of them stand where a run has one text."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = texts or ("7",)
    joined = " ".join(texts)
    evaluated = {"eval/accuracy": 0.3, "eval/accuracy_low": 0.2, "eval/accuracy_high": 0.4, "eval/strict": 0.1}
    evaluated |= {"eval/strict_low": 0.05, "eval/strict_high": 0.2, "eval/unscored": 2.0, "eval/samples": 90.0}
    rows = [{"step": 0, **evaluated}, *(metrics(step) for step in range(1, steps + 1))]
    rows[-1] |= {**evaluated, "eval/accuracy": 0.5}
    files = {
        "metrics.jsonl": rows,
        "events.jsonl": [{"step": 2, "kind": f"alarm {joined}", "said": f"saw {joined}"}],
        "rollouts.jsonl": [group(step, texts[(step - 1) % len(texts)]) for step in range(1, steps + 1)],
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    chosen = {"algorithm": joined, "steps": 5, "reward": {"components": [{"verifier": joined, "weight": 1.0}]}}
    facts = {"settings": chosen, "digests": {"math": "abc"}, "model": f"models/{joined}", "trained_parameters": 12}
    (folder / "settings.json").write_text(json.dumps(facts))
    return folder


def test_the_page_says_what_the_files_say(tmp_path: Path) -> None:
    page = training_page(read_training(write_run(tmp_path / "mine")))
    for words in (
        *("Held-out accuracy", "Reward by component", "KL to the model at the start", "Entropy", "Clipped", "Groups"),
        *("Length of the rollouts", "Time in all", "too easy", "too hard", "Spread of rewards"),
        *("30.0 %", "50.0 %", "step 0, 95 % interval 20.0 % to 40.0 %; strict 10.0 %; 2 unscored", "3 of 5", "saw 7"),
        *("The same at every step: β 0.04; Ratio 1; Learning rate 1e-05.", "reward.components[0].verifier"),
    ):
        assert words in page, words
    assert "192" in page and "3 unscored; 1" in page  # rollouts and tokens, with thin spaces between thousands
    blocks: Any = read_block(page, BLOCK)
    assert [each["step"] for each in blocks] == [1, 2, 3]
    first, by_token, unscored = blocks[0]["rollouts"]
    assert (first["advantages"], by_token["advantages"], unscored["advantages"]) == ([0.7], [-1.5, 0.25], [])
    assert (unscored["reward"], unscored["reason"], by_token["truncated"]) == (None, "hung 7", True)


def test_a_run_that_goes_on_is_read_up_to_its_last_whole_line(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    for name in ("metrics.jsonl", "rollouts.jsonl", "events.jsonl"):
        with (folder / name).open("a") as handle:
            handle.write('{"step": 4, "rew')
    run = read_training(folder)
    assert ([row["step"] for row in run.steps], len(run.places), len(run.events)) == ([0, 1, 2, 3], 3, 1)
    assert write_page(folder) == folder / "report.html"
    assert not (folder / "report.html.part").exists()


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").touch()
    assert "No rollouts were stored" in training_page(read_training(tmp_path))


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("metrics.jsonl", '{"reward": 1}', r"metrics.jsonl:5: no number `step`"),
        ("metrics.jsonl", "[1]", r"metrics.jsonl:5: expected a JSON object"),
        ("rollouts.jsonl", '{"step": 1, "rollouts": [{"tokens": 3}]}', r"rollouts.jsonl:4: sample_id: field required"),
        ("rollouts.jsonl", '{"step": 1, "rollouts": [3]}', r"rollouts.jsonl:4: sample_id: field required"),
        ("events.jsonl", '{"step": "x", "kind": "a", "said": "b"}', r"events.jsonl:2: step: input should be"),
    ],
)
def test_a_damaged_line_is_named(name: str, line: str, message: str, tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    with (folder / name).open("a") as handle:
        handle.write(line + "\n")
    with pytest.raises(InputFileError, match=message):
        training_page(read_training(folder))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="rfteval train"):
        read_training(tmp_path)


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    with (folder / "metrics.jsonl").open("a") as handle:
        handle.write(json.dumps({**metrics(4), "kl": float("nan"), "loss": float("inf")}) + "\n")
    with (folder / "rollouts.jsonl").open("a") as handle:
        wild = rollout(0, ["a"], logprobs=[float("-inf")], advantages=[float("nan")])
        handle.write(json.dumps({**group(4), "rollouts": [wild]}) + "\n")
    run = read_training(folder)
    assert ([step for step, _ in run.series("kl")], run.series("loss")) == ([1, 2, 3], [])
    blocks: Any = read_block(training_page(run), BLOCK)
    assert (blocks[-1]["rollouts"][0]["logprobs"], blocks[-1]["rollouts"][0]["advantages"]) == ([None], [None])


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50)), max_size=30), st.integers(0, 200))
def test_what_is_chosen_fits_and_is_spread_over_the_run(sizes: list[tuple[int, int]], most: int) -> None:
    places = [
        GroupPlace(line=number, start=0, size=0, step=step, tokens=tokens)
        for number, (step, tokens) in enumerate(sorted(sizes))
    ]
    chosen = choose(places, most)
    assert bool(chosen) == bool(places)
    assert sum(place.tokens for place in chosen) <= most or len(chosen) == 1
    assert [place.line for place in chosen] == sorted({place.line for place in chosen})
    if most >= sum(place.tokens for place in places):
        assert len(chosen) == len(places)


@given(st.integers(0, 60))
def test_spread_takes_every_place_once_ends_first(count: int) -> None:
    found = spread(count)
    assert sorted(found) == list(range(count))
    assert count < 2 or found[:2] == [0, count - 1]


def test_a_page_stays_small(tmp_path: Path) -> None:
    run = read_training(write_run(tmp_path, steps=40))
    found = shown(run, most_tokens=60)
    assert (len(found.groups), found.left_out) == (10, 30)
    assert [found.groups[0]["step"], found.groups[-1]["step"]] == [1, 40]


def test_a_running_mean_is_of_what_was_before() -> None:
    flat = [(float(step), 1.0) for step in range(100)]
    assert running_mean(flat) == flat
    rising = [(float(step), float(step)) for step in range(100)]
    assert running_mean(rising)[50] == (50.0, 48.0)


@pytest.fixture(scope="module")
def tab() -> Any:
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium here: install one, as `apt-get install chromium`, to check pages in it")
    with browsing(path) as found:
        found.resize(1280)
        yield found


def test_what_a_model_wrote_is_only_ever_text(tab: Tab, tmp_path: Path) -> None:
    """Each hostile text stands in every place that a run has for texts."""
    path = write_page(write_run(tmp_path, *HOSTILE, steps=len(HOSTILE)))
    tab.open(path.as_uri())
    for number, text in enumerate(HOSTILE, start=1):
        tab.evaluate(f"location.hash = 'step={number}'")
        tab.evaluate("new Promise((done) => setTimeout(() => done(1), 20))")
        tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert tab.evaluate("document.querySelectorAll('.rollout').length") == 3
        assert tab.evaluate("document.querySelector('.tokens span').textContent") == text
        assert f"hung {text}" in tab.evaluate("document.querySelector('#samples').textContent")
        assert tab.evaluate("document.querySelectorAll('script:not([type=\"application/json\"])').length") == 1
        assert tab.evaluate("document.querySelectorAll('img, base, form, textarea, iframe').length") == 0
    assert (tab.dialogs, tab.complaints, tab.requests) == ([], [], [path.as_uri()])


def test_steps_and_colours_are_chosen_and_stand_in_the_address(tab: Tab, tmp_path: Path) -> None:
    tab.open(write_page(write_run(tmp_path)).as_uri())
    colours = "[...document.querySelectorAll('.tokens span')].map((each) => each.className)"
    assert tab.evaluate(colours) == ["up-2", "up-2", "up-2", "down-4", "up-1", ""]
    tab.evaluate("[...document.querySelectorAll('button')].find((each) => each.textContent === 'Earlier').click()")
    assert tab.evaluate("location.hash") == "#step=2"
    tab.evaluate("location.hash = 'step=1&colour=probability'")
    tab.settle()
    assert tab.evaluate(colours) == ["rare-1"] * 6
    assert tab.evaluate("document.querySelector('select').value") == "1"
    tab.evaluate("location.hash = 'step=99&colour=constructor'")
    tab.settle()
    assert tab.evaluate("document.querySelector('select').value") == "3"
    for width in (390, 1280):
        tab.resize(width)
        tab.settle()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.complaints == []
