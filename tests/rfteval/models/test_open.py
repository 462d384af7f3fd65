"""Names of models lead where they say, options are checked, and what is missing comes with what installs it."""

from __future__ import annotations

import dataclasses
import json
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from rfteval.cli.app import execute
from rfteval.errors import ModelError, RftevalError, UnknownNameError, UsageError
from rfteval.models import backend as backend_module
from rfteval.models import open as opening
from rfteval.models.asked import seed_of
from rfteval.models.backend import Backend, ModelRequest, Option, fraction, json_object, one_of, positive, switch, whole
from rfteval.models.builtin import builtin
from rfteval.models.open import ModelChoice, backends, default_model, open_model, pick
from rfteval.models.replay import ReplayModel
from rfteval.rescore import StoredResponses
from rfteval.types import Image, Sampling
from tests.rfteval.models.asking import picture, prompt
from tests.rfteval.small_benchmark import benchmark, sample

KNOWN = {backend.name: dataclasses.replace(backend, packages=()) for backend in builtin()}


def picked(name: str, backend: str | None = None) -> tuple[str, str]:
    chosen, model = pick(ModelChoice(name=name, backend=backend), KNOWN)
    return chosen.name, model


def open_fake(request: ModelRequest) -> ReplayModel:
    return ReplayModel(StoredResponses(responses=(), duplicates=(), sha256=str(request.options)))


FAKE = Backend(name="fake", summary="for tests", open=open_fake, options=(Option(name="depth", help="", read=whole()),))
TWICE = (FAKE, dataclasses.replace(FAKE))
NOT_BACKENDS = ("fake",)


def point(name: str) -> EntryPoint:
    return EntryPoint(name="x", group=opening.GROUP, value=f"{__name__}:{name}")


class TestNames:
    def test_a_backend_before_a_colon(self) -> None:
        assert picked("openai:gpt") == ("openai", "gpt")
        assert picked("openai:org/model:free") == ("openai", "org/model:free")
        assert picked("vllm:org/model") == ("vllm", "org/model")
        assert picked("replay") == ("replay", "")
        assert picked("replay:a/b.jsonl") == ("replay", "a/b.jsonl")

    def test_a_hub_id_or_a_folder_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mine").mkdir()
        monkeypatch.setattr(opening, "installed_version", lambda package: None)
        assert picked("org/model") == ("transformers", "org/model")
        assert picked("mine") == ("transformers", "mine")
        assert picked(str(tmp_path)) == ("transformers", str(tmp_path))
        assert picked("org/model", "vllm") == ("vllm", "org/model")
        assert picked("gpt2", "transformers") == ("transformers", "gpt2")
        monkeypatch.setattr(opening, "installed_version", lambda package: "1" if package == "vllm" else None)
        assert picked("org/model") == ("vllm", "org/model")

    def test_the_embedded_ones(self) -> None:
        for name, folder in (("embedded", "thinker"), ("embedded:thinker", "thinker"), ("embedded:base", "base")):
            backend, path = picked(name)
            assert (backend, Path(path).name) == ("transformers", folder)
        with pytest.raises(UnknownNameError, match="thinker"):
            picked("embedded:thinkr")

    @pytest.mark.parametrize(
        ("name", "backend", "said"),
        [
            ("embeded", None, "did you mean embedded"),
            ("opnai:gpt", None, "did you mean openai"),
            ("openai:", None, "names no model"),
            ("openai:gpt", "vllm", "leave one"),
            ("org/model", "vlm", "did you mean vllm"),
            ("", None, "empty"),
            ("gpt2", None, "without a slash needs --backend"),
        ],
    )
    def test_a_slip_is_answered_with_what_was_meant(self, name: str, backend: str | None, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            picked(name, backend)

    def test_questions_with_pictures_have_a_default(self) -> None:
        assert default_model([sample(1), sample(2, images=(picture(1),))]) == "embedded"
        with pytest.raises(UsageError, match="--model"):
            default_model([sample(1)])


class TestOptions:
    def test_values_are_read(self) -> None:
        transformers = KNOWN["transformers"]
        values = transformers.read_options({"batch_size": "8", "trust_remote_code": "no", "dtype": "bfloat16"})
        assert values == {"batch_size": 8, "trust_remote_code": False, "dtype": "bfloat16"}
        assert transformers.deciding(values) == {"trust_remote_code": False, "dtype": "bfloat16"}

    @pytest.mark.parametrize(
        ("backend", "name", "text", "said"),
        [
            ("transformers", "batchsize", "8", "did you mean batch_size"),
            ("transformers", "batch_size", "0", "whole number from 1"),
            ("transformers", "batch_size", "many", "whole number"),
            ("transformers", "dtype", "float8", "bfloat16"),
            ("transformers", "trust_remote_code", "maybe", "true or false"),
            ("vllm", "gpu_memory_utilization", "1.5", "at most 1"),
            ("vllm", "engine", "[1]", "JSON object"),
            ("openai", "timeout_s", "-1", "above 0"),
            ("openai", "body", "{", "JSON object"),
            ("replay", "depth", "1", "there is none"),
        ],
    )
    def test_a_wrong_one_is_named(self, backend: str, name: str, text: str, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            KNOWN[backend].read_options({name: text})

    def test_readers_take_what_they_say(self) -> None:
        assert [whole()("3"), fraction("0.5"), positive("2"), switch("on"), one_of("a")("a")] == [
            3,
            0.5,
            2.0,
            True,
            "a",
        ]
        assert json_object('{"a": 1}') == {"a": 1}
        for read, text in ((fraction, "nan"), (fraction, "x"), (positive, "inf"), (one_of("a"), "b"), (whole(), "1.5")):
            with pytest.raises(ValueError):
                read(text)


class TestBackendsOfOthers:
    def test_one_is_found_and_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = backends([point("ONE")])
        assert found["fake"] is FAKE
        assert {"transformers", "vllm", "openai", "replay"} <= set(found)
        monkeypatch.setattr(opening, "backends", lambda: found)
        opened = open_model(ModelChoice(name="fake:x", options={"depth": "3"}), benchmark(), "test")
        assert opened.identity["recording_sha256"] == "{'depth': 3}"

    @pytest.mark.parametrize(
        ("name", "said"), [("TWICE", "two backends"), ("NOT_BACKENDS", "not a tuple"), ("GONE", "repair or uninstall")]
    )
    def test_one_that_is_broken_is_named(self, name: str, said: str) -> None:
        with pytest.raises(RftevalError, match=said):
            backends([point(name)])

    def test_a_model_may_be_given_itself(self) -> None:
        model = ReplayModel(StoredResponses(responses=(), duplicates=(), sha256=""))
        assert open_model(model, benchmark(), "test") is model


ONE = (FAKE,)


class TestWhatIsMissing:
    @pytest.fixture(autouse=True)
    def _nothing_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backend_module, "installed_version", lambda package: None)

    def test_opening_says_what_to_install(self) -> None:
        with pytest.raises(ModelError, match=r"needs torch, transformers, .*pip install '\S*\[models\]'"):
            open_model("org/model", benchmark(), "test")

    def test_the_list_says_so_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert execute(["models", "--json"]) == 0
        rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
        assert rows["openai"]["installed"] and not rows["vllm"]["installed"]
        assert "[models]" in rows["transformers"]["install"]
        assert execute(["models"]) == 0
        text = capsys.readouterr().out
        assert "not installed: lacks torch, transformers, accelerate, peft" in text
        assert all(option.name in text for backend in builtin() for option in backend.options)


class TestSeeds:
    def test_a_seed_is_the_samples_the_indexs_and_the_runs(self) -> None:
        asked, drawn = prompt("a", "x"), Sampling(temperature=1.0, seed=1)
        first = seed_of(asked, 0, drawn)
        assert first == seed_of(prompt("a", "y", Image(data=b"z")), 0, drawn)
        others = {
            seed_of(asked, 1, drawn),
            seed_of(prompt("b", "x"), 0, drawn),
            seed_of(asked, 0, Sampling(temperature=1.0, seed=2)),
        }
        assert first not in others
        assert all(seed is not None and 0 <= seed < 2**31 for seed in {first, *others})
        assert seed_of(asked, 0, Sampling()) is None


class TestTheCommand:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--model-option", "depth"], "KEY=VALUE"),
            (["--model", "replay", "--model-option", "a=1", "--model-option", "a=2"], "given twice"),
            (["--base-url", "http://x/v1"], "name it with --model"),
            (
                ["--model", "openai:x", "--base-url", "http://x/v1", "--model-option", "base_url=http://y/v1"],
                "leave one",
            ),
            (["--model", "openai:x", "--base-url", "x"], "http://HOST:PORT/v1"),
            (["--model", "replay", "--model-option", "depth=1"], "unknown option of backend replay 'depth'"),
        ],
    )
    def test_a_slip_is_one_line(
        self, arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ["run", "--bench", "mathvista", "--split", "sample", "--out", str(tmp_path / "run")]
        assert execute([*command, *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
        assert not (tmp_path / "run").exists()
