"""iVISPAR: the board as its simulator moves it, responses as its script reads them, games played and resumed."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ivispar import IVISPAR, headline, puzzle_of
from benchmarks.ivispar_conversation import RULES, turn
from benchmarks.ivispar_games import GAMES, played
from benchmarks.ivispar_play import Game, play
from reward_service.limits import Budget
from reward_service.types import Reference, Verdict
from reward_service.verifiers import registry
from reward_service.verifiers.official.ivispar_board import Puzzle, command_of, described, moved, read_puzzle
from rfteval.benchmark import LoadRequest
from rfteval.errors import InputFileError, SourceError, UsageError
from rfteval.metrics import Item
from rfteval.plan import Plan
from rfteval.types import Prompt, Response, Sample, Sampling
from tests.benchmarks.case import shown
from tests.benchmarks.cases.ivispar import LEFT, ROUND, configuration, piece

OFFICIAL = registry.get("ivispar_official")
PUZZLE = read_puzzle(json.dumps(ROUND))


def judge(text: str, configured: dict[str, object], **parameters: object) -> Verdict:
    chosen = registry.parameters_for(OFFICIAL, parameters)
    return registry.run(OFFICIAL, text, Reference(answer=json.dumps(configured)), chosen, Budget())


def write(folder: Path, *configurations: dict[str, object]) -> list[Sample]:
    target = folder / "Data" / "Configs" / "Main"
    target.mkdir(parents=True, exist_ok=True)
    for one in configurations:
        (target / f"config_{one['config_instance_id']}.json").write_text(json.dumps(one))
    return list(IVISPAR.load(LoadRequest(split="main", data=str(folder))))


@pytest.mark.parametrize(
    ("command", "board"),
    [
        ("move green sphere up", ((0, 0), (1, 1))),
        ("move blue cube right", ((0, 0), (1, 0))),  # the sphere stands there
        ("move blue cube down", ((0, 0), (1, 0))),  # the edge
        ("move blue cube up 2", ((0, 2), (1, 0))),
        ("move blue cube up 999999999999", ((0, 3), (1, 0))),
        ("move blue cube up as i often do", ((0, 3), (1, 0))),  # "often" holds ten
        ("move green sphere right not left", ((0, 0), (1, 0))),  # left is looked for first, and is taken by the cube
        ("please move the green sphere up", ((0, 0), (1, 1))),
        ("move green spheres up", ((0, 0), (1, 0))),
        ("cube move up", ((0, 0), (1, 0))),
        ("move red cube up", ((0, 0), (1, 0))),
        ("green sphere up", ((0, 0), (1, 0))),
        ("", ((0, 0), (1, 0))),
    ],
)
def test_a_command_does_what_the_simulator_does(command: str, board: tuple[tuple[int, int], ...]) -> None:
    assert moved(PUZZLE, PUZZLE.start, command) == board


VALID = (
    "red cylinder down, red cylinder left, red cylinder left, yellow cube left, yellow cube down, red cylinder up, "
    "red cylinder right, red cube down, red cylinder left, red cube down, red cylinder right, red cylinder right, "
    "red cylinder up, yellow cube down, red cube up, yellow cube up, red cylinder up, red cube up, yellow cube down, "
    "yellow cube down, yellow cube left, yellow cube up, yellow cube right, red cube left, red cube up"
)


def test_each_of_the_authors_valid_moves_moves_a_piece() -> None:
    """The beginning of `random_valid_move_sequence` in config_ICML_b_4_g_3_c1_2_c2_0_i_1.json."""
    pieces = (
        piece("red", "cylinder", (3, 1), (3, 1)),
        piece("red", "cube", (3, 2), (1, 2)),
        piece("yellow", "cube", (3, 3), (3, 3)),
    )
    puzzle = read_puzzle(json.dumps(configuration("x", [], *pieces)))
    board = puzzle.start
    for name in VALID.split(", "):
        after = moved(puzzle, board, f"move {name}")
        assert after != board, name
        board = after


words = st.sampled_from(("move", "blue", "green", "cube", "sphere", "up", "down", "left", "right", "two", "3", "of"))


@settings(max_examples=40)
@given(st.lists(st.lists(words, max_size=7).map(" ".join), max_size=30))
def test_no_command_puts_two_pieces_on_a_field_or_one_off_the_board(commands: list[str]) -> None:
    board = PUZZLE.start
    for command in commands:
        after = moved(PUZZLE, board, command)
        assert len(set(after)) == 2 and all(0 <= x < 4 and 0 <= z < 4 for x, z in after)
        assert sum(one != other for one, other in zip(board, after, strict=True)) <= 1
        board = after


@pytest.mark.parametrize(
    ("response", "command"),
    [
        ("I see it.\nAction: move Red cube LEFT", "move red cube left"),
        ("action: move red cube left\nNo:\naction: move red square up.", "move red cube up"),
        ("**action: move red cube left**", "move red cube left"),
        ("action: move red cube left, then right!", "move red cube left then right"),
        ("move red cube left", "no valid action found"),
        ("action:move red cube left", "no valid action found"),
        ("", "no valid action found"),
    ],
)
def test_a_response_becomes_the_command_that_the_script_reads(response: str, command: str) -> None:
    assert command_of(response) == command


def test_a_game_is_solved_within_its_commands_or_not() -> None:
    good = judge("move red cube left\nmove red cube left", LEFT)
    assert good.correct and good.flags == ("shortest",) and good.extracted == "2 commands"
    longer = judge("move red cube up\nmove red cube down\nmove red cube left\nmove red cube left\nnonsense", LEFT)
    assert longer.correct and longer.flags == () and "solved with 4 commands, 0 of which" in longer.reason
    idle = "no valid action found\n" * 19
    assert judge(f"{idle}move red cube left 2", LEFT).correct
    late = judge(f"{idle}move red cube left\nmove red cube left", LEFT)
    assert not late.correct and "1 pieces are not at their goal after 20 commands" in late.reason
    assert judge(f"{idle}move red cube left\nmove red cube left", LEFT, steps=21).correct


def test_a_plan_counts_its_moves_behind_the_last_heading() -> None:
    moves = "move red cube left\nmove red cube left"
    assert judge(f"move red cube down\nPlan:\n{moves}", LEFT, read="plan").correct
    assert not judge(f"Plan:\nmove red cube up\n{moves}", LEFT, read="plan").correct
    assert judge("So I would say left twice.", LEFT, read="plan").status.name == "NO_ANSWER"
    assert judge("", LEFT).status.name == "NO_ANSWER"


@pytest.mark.parametrize(
    "broken",
    [
        {"grid_size": 4},
        {**LEFT, "grid_size": 2},
        {**LEFT, "landmarks": []},
        {**LEFT, "landmarks": [piece("red", "cube", (0, 0), (1, 1)), piece("red", "cube", (1, 0), (2, 1))]},
        {**LEFT, "landmarks": [piece("red", "cube", (0, 0), (1, 1)), piece("blue", "cube", (0, 0), (2, 1))]},
        {**LEFT, "landmarks": "none"},
    ],
)
def test_an_impossible_puzzle_is_no_wrong_answer(broken: dict[str, object], tmp_path: Path) -> None:
    assert not judge("move red cube left", broken).status.scored
    named = {**broken, "config_instance_id": "x", "experiment_type": "SlidingGeomPuzzle", "complexity_c1": 2}
    with pytest.raises((InputFileError, SourceError), match=r"config_x\.json"):
        write(tmp_path, {"landmarks": None, **named})


def test_puzzles_are_read_from_a_clone_in_order(tmp_path: Path) -> None:
    samples = write(tmp_path, ROUND, LEFT)
    assert [sample.id for sample in samples] == [str(LEFT["config_instance_id"]), str(ROUND["config_instance_id"])]
    assert (samples[1].tags["geoms"], samples[1].tags["shortest"]) == ("2", "3")
    with pytest.raises(SourceError, match="not read from the hub"):
        IVISPAR.load(LoadRequest(split="main"))
    with pytest.raises(SourceError, match=r"no config_\*\.json"):
        IVISPAR.load(LoadRequest(split="main", data=str(tmp_path / "Data")))


def test_the_rules_are_the_published_ones_and_a_turn_shows_the_last_boards() -> None:
    assert len(RULES) == 1769  # characters of ICML_instruction.txt
    prompt = shown(turn("A1 red cube", "B1 red cube", [("C1 red cube", "move red cube left")], "x"))
    blank, deep = " " * 24, "\n" + " " * 24
    assert prompt.startswith(
        f"<system>{RULES}\n                ## Explain Your Reasoning\n                - Before every"
    )
    assert "<user>Previous observation 1: C1 red cube<assistant>Previous action 1: move red cube left<user>" in prompt
    assert (
        f"<user>{deep}## Analyze the States{deep}The goal state is provided as the first set of coordinates: {deep}"
        f"A1 red cube.{deep}The current state is provided as the second set of coordinates: {deep}B1 red cube.{deep}"
        "Study"
    ) in prompt
    assert prompt.endswith(
        f"exact format:\n{blank}{deep}action: move <object color> <object shape> <direction>{deep}where you replace "
        "<object color> <object shape> <direction> with the valid move action based on your reasoning and do not add "
        f"any characters after your action.\n{' ' * 20}"
    )


class Scripted:
    """A model that answers by a function of the sample and the number of its earlier answers."""

    def __init__(self, answer: Callable[[str, int], str | None]) -> None:
        self._answer = answer
        self.asked: list[Prompt] = []

    @property
    def identity(self) -> dict[str, object]:
        return {"model": "scripted"}

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        for prompt in reversed(prompts):  # in whatever order they finish
            number = sum(one.sample_id == prompt.sample_id for one in self.asked)
            self.asked.append(prompt)
            text = self._answer(prompt.sample_id, number)
            yield Response(sample_id=prompt.sample_id, text=text or "", error="gone" if text is None else None)


def solving(samples: Sequence[Sample]) -> Callable[[str, int], str]:
    moves = {sample.id: sample.reference.alternatives[0].splitlines() for sample in samples}
    return lambda name, number: f"I think.\naction: {moves[name][number]}"


def games(model: Scripted, samples: Sequence[Sample], steps: int = 20, history: int = 2) -> dict[str, Game]:
    async def collect() -> list[Game]:
        return [game async for game in play(model, samples, Sampling(), steps=steps, history=history)]

    return {game.sample.id: game for game in asyncio.run(collect())}


def test_a_game_goes_on_until_it_is_solved(tmp_path: Path) -> None:
    samples = write(tmp_path, LEFT, ROUND)
    model = Scripted(solving(samples))
    finished = games(model, samples)
    assert all(game.solved for game in finished.values())
    assert len(model.asked) == 2 + 3  # a solved game is asked no more
    for game in finished.values():
        assert judge(str(game.row()["response"]), json.loads(game.sample.reference.answer)).flags == ("shortest",)
    third = shown([prompt for prompt in model.asked if prompt.sample_id == str(ROUND["config_instance_id"])][2])
    assert "Previous action 1: move green sphere up" in third and "Previous action 2: move blue cube right" in third
    assert f"coordinates: \n{' ' * 24}B1 blue cube\nB2 green sphere.\n" in third


def test_a_game_ends_after_its_commands_and_with_its_model(tmp_path: Path) -> None:
    samples = write(tmp_path, LEFT, ROUND)
    name = samples[0].id
    model = Scripted(lambda asked, number: None if asked == name and number == 1 else "action: move red cube down")
    finished = games(model, samples, steps=4, history=1)
    failed, lost = finished[name], finished[samples[1].id]
    assert failed.error == "gone" and failed.row()["response"] is None
    assert len(lost.past) == 4 and not lost.solved and not judge(str(lost.row()["response"]), ROUND).correct
    assert "Previous action 2" not in shown(model.asked[-1])


def test_games_go_on_where_they_were_killed(tmp_path: Path) -> None:
    samples = write(tmp_path / "clone", LEFT, ROUND)
    plan = Plan(benchmark="ivispar", out=tmp_path / "run", data=str(tmp_path / "clone"))
    said: list[str] = []

    def go(model: Scripted, steps: int = 20) -> list[dict[str, object]]:
        file = played(model, plan, Sampling(), steps=steps, history=2, say=said.append)
        return [json.loads(line) for line in file.read_text().splitlines()]

    first = go(Scripted(lambda name, number: None if name == samples[1].id else solving(samples)(name, number)))
    assert [row["error"] for row in first if row["id"] == samples[1].id] == ["gone"]
    file = tmp_path / "run" / GAMES
    file.write_text(file.read_text() + '{"id": "cut o')
    model = Scripted(solving(samples))
    rows = go(model)
    assert {prompt.sample_id for prompt in model.asked} == {samples[1].id}  # the failed one alone
    assert sorted(str(row["id"]) for row in rows) == sorted(sample.id for sample in samples)
    assert all(row["solved"] for row in rows)
    assert any("failed: gone" in line for line in said) and said[-1].endswith("solved, 3 commands")
    idle = Scripted(solving(samples))
    assert go(idle) == rows and not idle.asked
    with pytest.raises(UsageError, match="another steps; choose another --out"):
        go(idle, steps=5)


def test_the_score_is_of_completed_games(tmp_path: Path) -> None:
    samples = {sample.id: sample for sample in write(tmp_path, LEFT, ROUND)}
    items = [
        Item(sample_id="a", index=0, status="CORRECT", score=1.0, reason="", flags=("shortest",)),
        Item(sample_id="b", index=0, status="INCORRECT", score=0.0, reason=""),
        Item(sample_id="c", index=0, status="MODEL_ERROR", score=None, reason=""),
    ]
    assert [(metric.value, metric.samples) for metric in headline(items, samples)] == [(50, 2), (50, 2)]


def test_a_board_is_described_by_letters_and_numbers(tmp_path: Path) -> None:
    (sample,) = write(tmp_path, configuration("x", [], piece("red", "cube", (0, 3), (0, 3))))
    puzzle: Puzzle = puzzle_of(sample)
    assert described(puzzle, puzzle.start) == "A4 red cube"


@pytest.mark.data
def test_the_real_puzzles_are_solved_by_their_shortest_paths(shared_data: Path) -> None:
    """21 puzzles of 4 to 6 fields a side: every stored move has an effect, and the shortest ones reach the goal.

    Of the moves that the authors stored as random ones that need not be valid, some have none.
    """
    folder = shared_data / "ivispar" / "Configs" / "SGP_ID_20241212_024852"
    stored = {each["config_instance_id"]: each for each in (json.loads(p.read_text()) for p in folder.iterdir())}
    samples = IVISPAR.load(LoadRequest(split="main", data=str(folder)))
    assert len(samples) == len(stored) == 21
    for sample in samples:
        puzzle, moves = puzzle_of(sample), stored[sample.id]
        verdict = judge("\n".join(moves["shortest_move_sequence"][1:-1]), json.loads(sample.reference.answer))
        assert verdict.correct and "shortest" in verdict.flags, sample.id
        assert puzzle.shortest == len(moves["shortest_move_sequence"]) - 2  # without "start" and "done"
        boards = [puzzle.start]
        for command in moves["random_valid_move_sequence"][1:-1]:
            boards.append(moved(puzzle, boards[-1], command))
        assert all(before != after for before, after in itertools.pairwise(boards)), sample.id
        assert not judge(
            "\n".join(moves["random_valid_move_sequence"][1:-1]), json.loads(sample.reference.answer)
        ).correct
        boards = [puzzle.start]
        for command in moves["random_invalid_move_sequence"][1:-1]:
            boards.append(moved(puzzle, boards[-1], command))
        assert any(before == after for before, after in itertools.pairwise(boards)), sample.id
