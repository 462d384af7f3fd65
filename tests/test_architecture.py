"""The walls of the house: who may import whom, what pure code may touch, what never reaches model text.

Read from the sources with `ast`, so a broken rule is named by file and line. Reasons are in docs/decisions.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from reward_service.verifiers import registry

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("reward_service", "rfteval", "benchmarks", "training")
GENERATED = "reward_service/v1/"

# What each package may import of the four (docs/decisions/0001).
ALLOWED = {
    "reward_service": {"reward_service"},
    "rfteval": {"reward_service", "rfteval"},
    "benchmarks": {"reward_service", "rfteval", "benchmarks"},
    "training": {"reward_service", "rfteval", "training"},
}

# Pure: equal inputs give equal outputs, and nothing outside is touched.
PURE = (
    "reward_service/types.py",
    "reward_service/drafts.py",
    "reward_service/inputs.py",
    "reward_service/errors.py",
    "reward_service/limits.py",
    "reward_service/parameters.py",
    "reward_service/rewards.py",
    "reward_service/verifiers/",
    "rfteval/types.py",
    "rfteval/benchmark.py",
    "rfteval/metrics.py",
    "rfteval/prompts/",
    "rfteval/statistics/",
    "training/core/",
)
IMPURE_MODULES = {
    *("asyncio", "concurrent", "datetime", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib"),
    *("queue", "random", "requests", "secrets", "select", "shutil", "signal", "socket", "subprocess", "tempfile"),
    *("threading", "time", "urllib", "uuid", "httpx", "grpc", "typer", "rich"),
}
# Modules of a pure folder that do touch files, each with its reason.
IMPURE_EXCEPTIONS = {
    ("reward_service/verifiers/registry.py", "pathlib"): "the digest is a hash of the verifiers' own source files",
}

# A third-party package → the only places that may import it.
PLACES = {
    "grpc": (
        "reward_service/servicer.py",
        "reward_service/server.py",
        "reward_service/client.py",
        "reward_service/connection.py",
        "reward_service/async_client.py",
        "reward_service/auth.py",
        "reward_service/integrations/",
        "reward_service/v1/",
    ),
    "torch": ("training/", "rfteval/models/transformers/"),
    "transformers": ("training/", "rfteval/models/transformers/", "rfteval/models/vllm.py"),
    "vllm": ("training/", "rfteval/models/vllm.py"),
    "ray": ("reward_service/integrations/", "rfteval/cluster.py", "training/"),
    "sympy": ("reward_service/verifiers/", "reward_service/worker_host.py"),  # the host preloads it for its workers
    "mpmath": ("reward_service/verifiers/",),
    "datasets": ("rfteval/sources.py",),
    "av": ("rfteval/videos.py",),
    "typer": ("rfteval/cli/", "training/cli/", "benchmarks/cli/"),
}

# Never loaded by what a person starts: they cost more than the whole start may (tests/perf/startup.py).
HEAVY = (
    "torch",
    "transformers",
    "vllm",
    "sympy",
    "mpmath",
    "numpy",
    "datasets",
    "pandas",
    "pyarrow",
    "PIL",
    "av",
    "grpc",
)
LIGHT_STARTS = ("reward_service", "reward_service.verify", "rfteval", "rfteval.cli", "rfteval.cli.app", "rfteval.types")

FORBIDDEN_STEMS = {"utils", "util", "common", "helpers", "helper", "misc", "shared", "tools"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}

# Packages whose modules may import each other in a circle, each with its reason; a circle beyond them is an error.
RECURSIVE = {
    "reward_service.verifiers.parsing": "a grammar is recursive, and each of its levels is a module",
}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 80


@cache
def sources() -> tuple[str, ...]:
    """Every module of the four packages, as a path from the root; generated code left out."""
    found = [path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return tuple(sorted(path for path in found if not path.startswith(GENERATED)))


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=path)


def module_name(path: str) -> str:
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, str]:
    """Module name → path."""
    return {module_name(path): path for path in sources()}


def type_checking_nodes(node: ast.AST) -> set[ast.AST]:
    """Every node inside an `if TYPE_CHECKING:` block: it does not run."""
    return {
        inner
        for block in ast.walk(node)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for statement in block.body
        for inner in ast.walk(statement)
    }


def imported(path: str, nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each import; for `from a import b` both `a` and, where it is a module of ours, `a.b`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield node.lineno, base
            yield from (
                (node.lineno, f"{base}.{alias.name}") for alias in node.names if f"{base}.{alias.name}" in modules()
            )


def imports(path: str, *, module_level: bool = False) -> list[tuple[int, str]]:
    """All imports of a module, or only those that run when it is loaded."""
    if not module_level:
        return list(imported(path, ast.walk(tree(path))))
    return list(imported(path, _at_load(tree(path))))


def _at_load(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is loaded: not inside functions, not under TYPE_CHECKING."""
    skipped = type_checking_nodes(node)
    queue = list(ast.iter_child_nodes(node))
    while queue:
        current = queue.pop()
        if current in skipped:
            continue
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            queue.extend(ast.iter_child_nodes(current))


def loaded_by(start: str, *, sooner_or_later: bool = False) -> dict[str, tuple[str, ...]]:
    """Modules of ours that importing `start` loads, each with the chain of imports that leads to it.

    With `sooner_or_later` those too that its functions load when they are called.
    """
    chains: dict[str, tuple[str, ...]] = {}
    queue: list[tuple[str, tuple[str, ...]]] = [(start, ())]
    while queue:
        name, chain = queue.pop()
        if name in chains or name not in modules():
            continue
        chains[name] = (*chain, name)
        parents = [name.rpartition(".")[0]] if "." in name else []
        reached = [target for _, target in imports(modules()[name], module_level=not sooner_or_later)]
        queue.extend((target, chains[name]) for target in [*parents, *reached])
    return chains


def test_there_is_something_to_check() -> None:
    assert len(sources()) > 20
    assert {path.split("/")[0] for path in sources()} == set(PACKAGES)


def test_packages_import_only_what_lies_below_them() -> None:
    broken = [
        f"{path}:{line} imports {name}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in ALLOWED[path.split("/")[0]]
    ]
    assert not broken


def test_pure_modules_touch_nothing_outside() -> None:
    broken = [
        f"{path}:{line} imports {name}"
        for path in sources()
        if path.startswith(PURE)
        for line, name in imports(path)
        if name.split(".")[0] in IMPURE_MODULES and (path, name.split(".")[0]) not in IMPURE_EXCEPTIONS
    ]
    assert not broken


def test_pure_modules_import_only_pure_modules() -> None:
    """Else purity would be lent: what a pure module calls must be pure as well."""
    broken = [
        f"{path}:{line} imports {name}"
        for path in sources()
        if path.startswith(PURE)
        for line, name in imports(path)
        if name in modules() and "." in name and not modules()[name].startswith(PURE)
    ]
    assert not broken


def test_pure_modules_open_and_print_nothing() -> None:
    broken = [
        f"{path}:{node.lineno} calls {node.func.id}"
        for path in sources()
        if path.startswith(PURE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"}
    ]
    assert not broken


def test_exceptions_to_purity_are_still_needed() -> None:
    unused = [key for key in IMPURE_EXCEPTIONS if key[1] not in {name.split(".")[0] for _, name in imports(key[0])}]
    assert not unused


@pytest.mark.parametrize("package", sorted(PLACES))
def test_third_party_packages_stay_in_their_places(package: str) -> None:
    broken = [
        f"{path}:{line} imports {name}"
        for path in sources()
        for line, name in imports(path)
        if name.split(".")[0] in {package, *(("grpc_health", "grpc_reflection") if package == "grpc" else ())}
        and not path.startswith(PLACES[package])
    ]
    assert not broken


def test_imports_are_absolute() -> None:
    broken = [
        f"{path}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not broken


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        name: {
            target
            for _, target in imports(path, module_level=True)
            # `from package import module` inside that package loads the package first, which is already under way
            if target in modules() and target != name and not name.startswith(f"{target}.")
            if not any(name.startswith(f"{package}.") and target.startswith(f"{package}.") for package in RECURSIVE)
        }
        for name, path in modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"circular import: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("start", LIGHT_STARTS)
def test_light_starts_reach_no_heavy_import(start: str) -> None:
    broken = [
        f"{' → '.join(chain)} imports {name} on line {line}"
        for module, chain in loaded_by(start).items()
        for line, name in imports(modules()[module], module_level=True)
        if name.split(".")[0] in HEAVY
    ]
    assert not broken


@pytest.mark.parametrize("start", LIGHT_STARTS)
def test_light_starts_load_nothing_heavy(start: str) -> None:
    code = f"import sys, json; import {start}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(json.loads(done.stdout)) & set(HEAVY)


def test_the_clients_load_no_verifier_and_nothing_heavy_but_grpc() -> None:
    code = (
        "import sys, json; from reward_service import async_client, client; "
        "from reward_service.integrations import easyr1, ms_swift, trl, verl; print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "grpc" in loaded
    assert not loaded & (set(HEAVY) - {"grpc"})
    assert not loaded & set(registry.MODULES.values())


@pytest.mark.parametrize("name", sorted(registry.MODULES))
def test_loading_a_verifier_loads_no_algebra(name: str) -> None:
    """Sympy is loaded by the first check that needs it, so the first verdict does not wait for it."""
    broken = [
        f"{' → '.join(chain)} imports {target} on line {line}"
        for module, chain in loaded_by(registry.MODULES[name]).items()
        for line, target in imports(modules()[module], module_level=True)
        if target.split(".")[0] in HEAVY
    ]
    assert not broken


def test_every_file_is_named_for_one_thing() -> None:
    assert not [
        path for path in sources() if Path(path).stem in FORBIDDEN_STEMS or Path(path).parent.name in FORBIDDEN_STEMS
    ]


def test_files_can_be_read_in_one_sitting() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert not {path: lines for path, lines in lengths.items() if lines > MAX_FILE_LINES}


def test_functions_can_be_read_at_a_glance() -> None:
    broken = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert not broken


def test_every_module_says_what_it_is_for() -> None:
    assert not [path for path in sources() if tree(path).body and not ast.get_docstring(tree(path))]


def test_no_text_becomes_code() -> None:
    """No eval, exec, pickle, shell, nor sympy's parsers, which evaluate what they parse."""
    broken = [f"{path}:{line} {what}" for path in sources() for line, what in _code_from_text(tree(path))]
    assert not broken


def _code_from_text(node: ast.AST) -> Iterator[tuple[int, str]]:
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in inner.names]
            base = inner.module or "" if isinstance(inner, ast.ImportFrom) else ""
            for name in names:
                if {base.split(".")[0], name.split(".")[0]} & FORBIDDEN_MODULES:
                    yield inner.lineno, f"imports {base or name}"
                if name in {"parse_expr", "parse_latex", "sympify", "S"} and base.startswith("sympy"):
                    yield inner.lineno, f"imports sympy's {name}"
        elif isinstance(inner, ast.Call):
            yield from _call_from_text(inner)


def _call_from_text(call: ast.Call) -> Iterator[tuple[int, str]]:
    called = ast.unparse(call.func)
    last = called.rsplit(".", 1)[-1]
    if called in FORBIDDEN_CALLS or called.startswith("builtins."):
        yield call.lineno, f"calls {called}"
    if last in {"sympify", "parse_expr", "parse_latex", "lambdify"} or called in {"S", "sympy.S"}:
        yield call.lineno, f"calls {called}, which evaluates text"
    if called in {"os.system", "os.popen"} or called.startswith(("os.spawn", "os.exec", "os.posix_spawn")):
        yield call.lineno, f"calls {called}"
    for keyword in call.keywords:
        if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False):
            yield call.lineno, f"calls {called} with a shell"


def test_the_search_for_code_from_text_finds_each_form() -> None:
    """The rule above would pass on anything if it were blind; each forbidden form must be seen."""
    forms = [
        "eval(text)",
        "exec(text)",
        "import pickle",
        "from pickle import loads",
        "from sympy.parsing.sympy_parser import parse_expr",
        "from sympy import sympify",
        "sympy.sympify(text)",
        "sympy.S(text)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
    ]
    assert not [form for form in forms if not list(_code_from_text(ast.parse(form)))]
    harmless = ["re.compile(text)", "sympy.S.Half", "subprocess.run([text], shell=False)", "model.eval()"]
    assert not [form for form in harmless if list(_code_from_text(ast.parse(form)))]


def test_no_failure_becomes_a_score() -> None:
    """A handler for every exception may re-raise, report or make an unscored status; it never makes a score."""
    broken = [f"{path}:{line} {what}" for path in sources() for line, what in _swallowed(tree(path))]
    assert not broken


def _swallowed(node: ast.AST) -> Iterator[tuple[int, str]]:
    scored = {"CORRECT", "INCORRECT", "PARTIAL", "NO_ANSWER"}
    for handler in ast.walk(node):
        if not isinstance(handler, ast.ExceptHandler):
            continue
        if handler.type is None:
            yield handler.lineno, "bare except"
            continue
        if not {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)} & {
            "Exception",
            "BaseException",
        }:
            continue
        for inner in (part for statement in handler.body for part in ast.walk(statement)):
            if isinstance(inner, ast.Attribute) and inner.attr in scored:
                yield inner.lineno, f"any exception becomes {inner.attr}"
            if isinstance(inner, ast.keyword) and inner.arg in {"score", "reward"}:
                yield handler.lineno, f"any exception becomes a {inner.arg}"
            if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant):
                value = inner.value.value
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    yield inner.lineno, f"any exception becomes {value}"
        if all(isinstance(statement, (ast.Pass, ast.Continue)) for statement in handler.body):
            yield handler.lineno, "any exception is dropped without a word"


def test_the_search_for_swallowed_failures_finds_each_form() -> None:
    forms = {
        "try: x()\nexcept: raise": True,
        "try: x()\nexcept Exception: pass": True,
        "try: x()\nexcept (ValueError, Exception): v = Verdict(status=Status.INCORRECT, score=0.0)": True,
        "def f():\n try: x()\n except BaseException: return 0.0": True,
        "try: x()\nexcept Exception as error: v = Verdict(status=Status.ERROR)": False,
        "try: x()\nexcept ValueError: pass": False,
    }
    assert {form: bool(list(_swallowed(ast.parse(form)))) for form in forms} == forms


def test_no_module_level_mutable_state() -> None:
    """A module's dicts, lists and sets are constants: named in capitals (or dunders), never written from a function."""
    broken = []
    for path in sources():
        names: dict[str, int] = {}
        for node in tree(path).body:
            value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            if not isinstance(value, (ast.Dict, ast.List, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[union-attr]
            for target in targets:
                if isinstance(target, ast.Name):
                    names[target.id] = node.lineno
                    if not (target.id.isupper() or target.id.startswith("__")):
                        broken.append(f"{path}:{node.lineno} {target.id} is not named as a constant")
        written = {
            inner.value.id
            for node in ast.walk(tree(path))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            for inner in ast.walk(node)
            if isinstance(inner, ast.Subscript)
            and isinstance(inner.ctx, (ast.Store, ast.Del))
            and isinstance(inner.value, ast.Name)
        }
        broken += [f"{path}:{names[name]} {name} is written by a function" for name in sorted(written & set(names))]
        broken += [
            f"{path}:{node.lineno} global {', '.join(node.names)}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Global)
        ]
    assert not broken


def test_the_digest_covers_every_import() -> None:
    """What `registry._imports` finds by regex is all that `ast` finds: an import it missed could change verdicts
    while the digest stays the same."""
    for path in (path for path in sources() if path.startswith("reward_service/")):
        by_ast = {name for _, name in imports(path) if name in modules() and name != "reward_service"}
        by_ast |= {name.split(".")[0] for _, name in imports(path)} & set(registry._LIBRARIES)
        by_regex = registry._imports((ROOT / path).read_text(encoding="utf-8"))
        assert by_ast <= by_regex, path


def test_verifiers_import_by_statement() -> None:
    """A module that is loaded by a name made at run time is not part of the digest; the registry alone does that."""
    broken = [
        f"{path}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in sources()
        if path.startswith("reward_service/verifiers/") and path != "reward_service/verifiers/registry.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}
    ]
    assert not broken


def test_the_digest_covers_every_library() -> None:
    """Verifiers may import the standard library, ours, and the libraries whose versions are part of the digest."""
    allowed = {*sys.stdlib_module_names, *registry._LIBRARIES, "reward_service"}
    broken = [
        f"{path}:{line} imports {name}"
        for path in sources()
        if path.startswith("reward_service/verifiers/")
        for line, name in imports(path)
        if name.split(".")[0] not in allowed
    ]
    assert not broken


def test_a_change_in_what_a_verifier_imports_changes_its_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each module that `math` reaches counts, and so does a library's version."""
    verifier = registry.get("math")
    reached = [
        name
        for name in loaded_by(verifier.check.__module__, sooner_or_later=True)
        if name.startswith("reward_service.verifiers.")
    ]
    assert len(reached) > 10
    before = registry._digest.__wrapped__(verifier.name, verifier.version, verifier.check.__module__)
    real = Path.read_bytes
    for name in reached:
        changed = ROOT / modules()[name]
        if not _runs_code(modules()[name]):
            continue
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda path, c=changed: real(path) + (b"#" if path == c else b""))
            after = registry._digest.__wrapped__(verifier.name, verifier.version, verifier.check.__module__)
        assert after != before, name
    with monkeypatch.context() as patch:
        patch.setattr("importlib.metadata.version", lambda name: "0")
        assert registry._digest.__wrapped__(verifier.name, verifier.version, verifier.check.__module__) != before


def _runs_code(path: str) -> bool:
    """Whether a module holds more than its docstring; an empty package file is loaded but decides nothing."""
    return len(tree(path).body) > 1
