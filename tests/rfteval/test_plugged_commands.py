"""Commands that other packages add by an entry point: they run, they explain themselves, and a broken one is named."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from rfteval.cli import app
from rfteval.cli.command import GROUP, Command, plugged
from rfteval.errors import RftevalError


def greet(name: str = "you") -> None:
    """Greet somebody."""
    print(f"hello {name}")


ADDED = (
    Command(name="greet", summary="Greet.", example="Example: rfteval greet", function=greet),
    Command(name="warmly", summary="Greet.", example="Example: rfteval social warmly", function=greet, group="social"),
)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "plugged", lambda: ADDED)
    yield


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize("words", [["greet"], ["social", "warmly"]])
def test_an_added_command_runs(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.execute([*words, "--name", "Ida"]) == 0
    assert capsys.readouterr().out == "hello Ida\n"


def test_what_is_no_command_is_named_with_its_entry_point() -> None:
    with pytest.raises(RftevalError, match=r"json:dumps.*correct its entry point"):
        plugged([EntryPoint(name="x", value="json:dumps", group=GROUP)])


def test_a_module_that_does_not_load_is_named() -> None:
    with pytest.raises(RftevalError, match=r"cannot load commands from 'no_such_module:COMMANDS'"):
        plugged([EntryPoint(name="x", value="no_such_module:COMMANDS", group=GROUP)])


def test_a_command_says_what_it_is_for() -> None:
    with pytest.raises(ValueError, match="needs a name, a summary and an example"):
        Command(name="greet", summary="", example="", function=greet)
