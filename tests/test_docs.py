"""The documents are true: links lead somewhere, commands exist, code runs, and the protocol's page is complete."""

from __future__ import annotations

import ast
import functools
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
import typer

from reward_service.limits import Budget
from reward_service.types import ANSWER_KINDS, Reference, Status
from reward_service.v1 import reward_pb2
from reward_service.verifiers import registry
from rfteval.benchmark import LoadRequest
from rfteval.cli.app import build

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """A document without its code blocks."""
    return FENCE.sub("", text(name))


def anchors(name: str) -> set[str]:
    """The anchors GitHub gives to a document's headings."""
    headings = re.findall(r"^#+ +(.+)$", prose(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    broken = []
    for target in LINK.findall(prose(name)):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / name).parent / path if path else ROOT / name
        if not found.exists() or (anchor and anchor not in anchors(found.resolve().relative_to(ROOT).as_posix())):
            broken.append(target)
    assert not broken


def test_the_index_leads_to_every_page() -> None:
    linked = {(ROOT / "docs" / target.partition("#")[0]).resolve() for target in LINK.findall(text("docs/index.md"))}
    assert not [name for name in NAMES if (ROOT / name).resolve() not in linked and name != "docs/index.md"]


@pytest.mark.parametrize("name", NAMES)
def test_paths_that_are_named_exist(name: str) -> None:
    """A path in back quotes below one of our folders is there, unless it is a pattern."""
    folders = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("runs", "build"))
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", prose(name))
    assert not [path for path in named if not (ROOT / path).exists() and "NNNN" not in path]


@functools.cache
def commands() -> dict[str, Any]:
    """The commands by name, those of a group as "group name", as the parser under typer holds them."""
    found: dict[str, Any] = {}
    for name, command in vars(typer.main.get_command(build()))["commands"].items():
        inner = vars(command).get("commands")
        found |= {name: command} if inner is None else {f"{name} {part}": inner[part] for part in inner}
    return found


def shown_commands(name: str) -> Iterator[list[str]]:
    """Every `rfteval ...` line of a document's shell blocks and inline code, split as a shell would."""
    blocks = [body for kind, body in FENCE.findall(text(name)) if kind in ("", "sh", "bash", "console", "text")]
    lines = [line.removeprefix("$ ") for body in blocks for line in body.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"`(rfteval [^`]+)`", prose(name))
    for line in lines:
        if line.startswith("rfteval "):
            yield shlex.split(line, comments=True)[1:]


@pytest.mark.parametrize("name", NAMES)
def test_commands_that_are_shown_exist_with_their_options(name: str) -> None:
    broken = []
    for words in shown_commands(name):
        if words[0].startswith("-"):
            continue
        command = commands().get(words[0]) or commands().get(" ".join(words[:2]))
        if command is None:
            broken.append(words[0])
            continue
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--debug"}
        used = {word.split("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
        broken += [f"{words[0]} {option}" for option in sorted(used - known)]
    assert not broken


def test_the_readme_lists_every_command_and_no_other() -> None:
    listed = re.findall(r"^\| `rfteval ([\w -]+)` \|", text("README.md"), re.MULTILINE)
    assert listed
    assert sorted(listed) == sorted(commands())


def test_every_command_explains_itself() -> None:
    """A summary, and a help text on each option; without them `--help` is a list of names."""
    silent = [name for name, command in commands().items() if not (command.help or "").strip()]
    silent += [
        f"{name} {parameter.opts[0]}"
        for name, command in commands().items()
        for parameter in command.params
        if parameter.param_type_name == "option" and not (parameter.help or "").strip()
    ]
    assert not silent


def test_make_targets_that_are_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    shown = {word for name in NAMES for word in re.findall(r"(?:^|`)make ([a-z]+)", text(name), re.MULTILINE)}
    assert shown
    assert shown <= targets


def test_make_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)
    assert phony is not None
    documented = re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE)
    assert sorted(documented) == sorted(phony[1].split())


def test_the_protocol_page_names_every_message_field_status_and_tier() -> None:
    page = text("docs/protocol.md")
    words = set(re.findall(r"\w+", page))
    file = reward_pb2.DESCRIPTOR
    names = {message.name for message in file.message_types_by_name.values()}
    names |= {field.name for message in file.message_types_by_name.values() for field in message.fields}
    names |= {value.name for enum in file.enum_types_by_name.values() for value in enum.values}
    names |= {method.name for service in file.services_by_name.values() for method in service.methods}
    assert not names - words
    assert not [kind for kind in ANSWER_KINDS if f'"{kind}"' not in page]


def test_the_protocol_page_names_no_field_that_is_gone() -> None:
    """Names in the first column of its tables are names of the contract."""
    file = reward_pb2.DESCRIPTOR
    known = {field.name for message in file.message_types_by_name.values() for field in message.fields}
    known |= {value.name for enum in file.enum_types_by_name.values() for value in enum.values}
    known |= {method.name for service in file.services_by_name.values() for method in service.methods}
    first = re.findall(r"^\| (`[^|]*`) \|", text("docs/protocol.md"), re.MULTILINE)
    named = {name for cell in first for name in re.findall(r"`(\w+)`", cell)}
    assert named - known <= {code.name for code in grpc.StatusCode}


def test_the_glossary_sorts_every_status_as_the_code_does() -> None:
    scored, _, unscored = prose("docs/glossary.md").rpartition("Scored:")[2].partition("Not scored:")
    assert set(re.findall(r"[A-Z_]{4,}", scored)) == {status.name for status in Status if status.scored}
    assert set(re.findall(r"[A-Z_]{4,}", unscored)) == {status.name for status in Status if not status.scored}


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_form(path: Path) -> None:
    """Numbered, with context, decision and consequences, at most a page, and listed in the index."""
    body = path.read_text(encoding="utf-8")
    number = path.stem[:4]
    assert number.isdigit()
    assert body.startswith(f"# {number}: ")
    assert [
        part for part in re.findall(r"\*\*(\w+)\.\*\*", body) if part in ("Context", "Decision", "Consequences")
    ] == [
        "Context",
        "Decision",
        "Consequences",
    ]
    assert len(body.split()) <= 450
    assert f"decisions/{path.name}" in text("docs/index.md")


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.stem[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def python_blocks(name: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text(name)) if kind == "python"]


@pytest.mark.parametrize("name", [name for name in NAMES if python_blocks(name)])
def test_python_that_is_shown_compiles_and_imports_what_exists(name: str) -> None:
    for body in python_blocks(name):
        for node in ast.walk(ast.parse(body)):
            if isinstance(node, ast.ImportFrom):
                module = __import__(node.module or "", fromlist=[alias.name for alias in node.names])
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


@pytest.fixture
def pasted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """Makes a module of a document's first Python block, as a reader would paste it into a file."""

    def paste(name: str, module_name: str) -> ModuleType:
        module = ModuleType(module_name)
        monkeypatch.setitem(sys.modules, module_name, module)
        exec(compile(python_blocks(name)[0], name, "exec"), module.__dict__)
        return module

    return paste


def test_the_benchmark_that_is_shown_works(pasted: Callable[[str, str], ModuleType]) -> None:
    module = pasted("docs/adding-a-benchmark.md", "tiny_benchmark")
    (benchmark,) = module.BENCHMARKS
    samples = benchmark.load(LoadRequest(split=benchmark.default_split))
    assert len(samples) == 2
    assert len(benchmark.load(LoadRequest(split=benchmark.default_split, limit=1))) == 1
    prompt = benchmark.prompts[benchmark.default_prompt](samples[0])
    assert prompt.sample_id == samples[0].id
    (component,) = benchmark.profiles[benchmark.default_profile].components(samples[0])
    assert component.verifier in registry.names()
    assert set(benchmark.breakdowns) <= set(samples[0].tags)
    entry = tomllib.loads(
        next(body for kind, body in FENCE.findall(text("docs/adding-a-benchmark.md")) if kind == "toml")
    )
    assert entry["project"]["entry-points"]["rfteval.benchmarks"] == {"tiny": "tiny_benchmark:BENCHMARKS"}


def test_the_verifier_that_is_shown_works(pasted: Callable[[str, str], ModuleType]) -> None:
    verifier = pasted("docs/adding-a-verifier.md", "exact_verifier").VERIFIER
    strict, free = verifier.parameters(), registry.parameters_for(verifier, {"case": "ignore"})

    def status(response: str, answer: str, parameters: object) -> Status:
        return verifier.check(response, Reference(answer=answer), parameters, Budget()).status

    assert status(" Four ", "Four", strict) is Status.CORRECT
    assert status("four", "Four", strict) is Status.INCORRECT
    assert status("four", "Four", free) is Status.CORRECT
    assert status("", "Four", strict) is Status.NO_ANSWER
    assert status("four", " ", strict) is Status.INVALID_REFERENCE


def test_the_notebook_of_the_readme_works(
    pasted: Callable[[str, str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    pasted("README.md", "notebook")
    assert capsys.readouterr().out.startswith("CORRECT 1.0")


def test_no_document_names_a_machine() -> None:
    """No absolute path of somebody's machine, no address of a private host."""
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work|Users|opt)/\w+|\b10\.\d+\.\d+\.\d+|\b192\.168\.")
    assert not {name: pattern.findall(text(name)) for name in NAMES if pattern.search(text(name))}
