"""The verifiers by name: how one is declared, found, given parameters, run and identified.

A verifier is a pure function `check(text, reference, parameters, budget) -> Verdict` plus a name, a version and a
frozen dataclass of parameters. `run` is the only way in: it turns every foreseen failure into a status and stamps
name, version and digest, so no exception and no unstamped verdict leaves it.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import importlib
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reward_service.errors import InputLimitExceeded, UnknownVerifierError, WorkLimitExceeded
from reward_service.limits import Budget
from reward_service.parameters import parse_parameters, schema_of
from reward_service.types import Reference, Status, Verdict, VerifierInfo

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Check = Callable[[str, Reference, Any, Budget], Verdict]

# Modules that declare a `VERIFIER` (or `VERIFIERS`); a name is looked up by importing only the module that has it.
MODULES = {
    "choice": "reward_service.verifiers.choice",
    "math": "reward_service.verifiers.math",
    "exact_text": "reward_service.verifiers.official.exact",
    "mathvista_official": "reward_service.verifiers.official.mathvista",
    "mathvision_official": "reward_service.verifiers.official.mathvision",
    "emma_official": "reward_service.verifiers.official.emma",
    "ivispar_official": "reward_service.verifiers.official.ivispar",
    "likeliest_option": "reward_service.verifiers.official.likeliest",
    "mm_iq_official": "reward_service.verifiers.official.mm_iq",
    "mme_official": "reward_service.verifiers.official.mme",
    "seed_bench_first_letter": "reward_service.verifiers.official.seed_bench",
    "spatial457_official": "reward_service.verifiers.official.spatial457",
    "visulogic_official": "reward_service.verifiers.official.visulogic",
    "zerobench_official": "reward_service.verifiers.official.zerobench",
    "olympiadbench_official": "reward_service.verifiers.official.olympiadbench",
    "mmmu_official": "reward_service.verifiers.official.mmmu",
    "mmmu_pro_official": "reward_service.verifiers.official.mmmu",
    "length": "reward_service.verifiers.length",
    "repetition": "reward_service.verifiers.repetition",
    "language": "reward_service.verifiers.language",
    "box_iou": "reward_service.verifiers.grounding.boxes",
    "point_in_box": "reward_service.verifiers.grounding.boxes",
    "temporal_iou": "reward_service.verifiers.grounding.spans",
    "counting": "reward_service.verifiers.grounding.counting",
    "anls": "reward_service.verifiers.grounding.read_text",
    "gui_action": "reward_service.verifiers.grounding.screen",
    "labels": "reward_service.verifiers.grounding.labels",
    "multi_select": "reward_service.verifiers.grounding.labels",
    "ordered_list": "reward_service.verifiers.grounding.labels",
    "monitor": "reward_service.verifiers.reasoning.monitors",
    "judge_alone": "reward_service.verifiers.judge_alone",
    "llm_judge": "reward_service.verifiers.judged",
    "process_reward": "reward_service.verifiers.judged",
    "format": "reward_service.verifiers.format",
    "step_accuracy": "reward_service.verifiers.reasoning.steps",
    "step_validity": "reward_service.verifiers.reasoning.steps",
    "steps": "reward_service.verifiers.reasoning.steps",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A declared verifier. `parameters` is a frozen dataclass type whose fields all have defaults and a "doc".

    `inline` is a promise of a verifier from outside this package: its check does nothing slow or large without first
    spending from its budget, so a server may run it in its front. Without the promise it runs in workers only.
    """

    name: str
    version: str
    summary: str
    parameters: type
    check: Check
    inline: bool = False
    _known_digest: str = dataclasses.field(default="", init=False, repr=False, compare=False)

    @property
    def digest(self) -> str:
        """Twelve hex digits over the sources this verifier is made of; equal digests give equal verdicts."""
        if not self._known_digest:
            _set(self, "_known_digest", _digest(self.name, self.version, self.check.__module__))
        return self._known_digest

    def info(self) -> VerifierInfo:
        """What `ListVerifiers` says of it."""
        return VerifierInfo(
            name=self.name,
            version=self.version,
            digest=self.digest,
            summary=self.summary,
            parameters_schema=schema_of(self.parameters),
        )


def names() -> tuple[str, ...]:
    """Every verifier's name, in order: ours, and those of installed packages."""
    return tuple(sorted({*MODULES, *_installed()}))


@cache
def _installed() -> dict[str, EntryPoint]:
    """Verifiers of other packages, by the entry-point group `rfteval.verifiers`; the objects are not loaded yet."""
    from importlib.metadata import entry_points  # slower to load than all of this package; ours are found without it

    return {point.name: point for point in entry_points(group="rfteval.verifiers")}


@cache
def get(name: str) -> Verifier:
    """The verifier of that name; ours come before installed ones. Raises UnknownVerifierError with close names."""
    if name not in MODULES and name in _installed():
        return _load_installed(_installed()[name])
    if name not in MODULES:
        close = difflib.get_close_matches(name, [*names(), "auto"], n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: auto, {', '.join(names())}"
        raise UnknownVerifierError(f"unknown verifier {name!r}; {hint}")
    module = importlib.import_module(MODULES[name])
    declared: tuple[Verifier, ...] = getattr(module, "VERIFIERS", None) or (module.VERIFIER,)
    return next(verifier for verifier in declared if verifier.name == name)


def _load_installed(point: EntryPoint) -> Verifier:
    """The verifier behind an entry point. Raises UnknownVerifierError: another package may be broken in any way."""
    try:
        found = point.load()
    except Exception as error:
        raise UnknownVerifierError(f"verifier {point.name!r} ({point.value}) cannot be loaded: {error}") from error
    if not isinstance(found, Verifier) or found.name != point.name:
        raise UnknownVerifierError(f"verifier {point.name!r}: {point.value} is not a Verifier of that name")
    return found


def resolve(name: str, reference: Reference) -> Verifier:
    """As `get`, and "auto" (or "") stands for `choice` where the reference has choices, else `math`."""
    if name in ("", "auto"):
        name = "choice" if reference.choices else "math"
    return get(name)


def run(verifier: Verifier, text: str, reference: Reference, parameters: object, budget: Budget) -> Verdict:
    """Run one verifier on one response. `parameters` is an instance of `verifier.parameters`.

    Raises WorkLimitExceeded when the budget is used up (the engine then moves the check to a worker).
    """
    try:
        verdict = verifier.check(text, reference, parameters, budget)
    except InputLimitExceeded as error:
        verdict = Verdict(status=Status.REJECTED, reason=str(error), rule="limit")
    except RecursionError:
        verdict = Verdict(status=Status.REJECTED, reason="nested deeper than the check can follow", rule="limit")
    except MemoryError:
        verdict = Verdict(status=Status.OUT_OF_MEMORY, reason="the check ran out of memory", rule="limit")
    except WorkLimitExceeded:
        raise
    except Exception as error:  # unscored by design: a defect of ours is the status ERROR, never a 0
        verdict = Verdict(
            status=Status.ERROR,
            reason=f"defect in the verifier, please report: {type(error).__name__}: {str(error)[:200]}",
            rule="defect",
        )
    return stamped(verdict, verifier)


def stamped(verdict: Verdict, verifier: Verifier) -> Verdict:
    """`verdict` with the verifier's name, version and digest.

    A fresh verdict gets them in place: every verdict passes here, and a copy costs as much as comparing two numbers.
    One with another stamp, as of a constant that two verifiers give, is copied.
    """
    name, version, digest = verifier.name, verifier.version, verifier.digest
    if not verdict.verifier:
        _set(verdict, "digest", digest)
        _set(verdict, "version", version)
        _set(verdict, "verifier", name)
    elif (verdict.verifier, verdict.version, verdict.digest) != (name, version, digest):
        return dataclasses.replace(verdict, verifier=name, version=version, digest=digest)
    return verdict


_set = object.__setattr__  # past the frozen class's own


def parameters_for(verifier: Verifier, values: Mapping[str, object]) -> object:
    """The verifier's parameter object from plain values. Raises ParameterError naming the field."""
    return parse_parameters(verifier.name, verifier.parameters, values)


_ROOT = Path(__file__).resolve().parent.parent.parent
_FROM = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+)", re.MULTILINE)
_LIBRARIES = {"mpmath": "mpmath", "rapidfuzz": "rapidfuzz", "re2": "google-re2", "sympy": "sympy"}  # by import name


@cache
def _digest(name: str, version: str, module: str) -> str:
    """Hash of the verifier's module, of every module of ours it imports, directly or not, and of the versions of the
    libraries that these import."""
    from importlib.metadata import version as version_of  # as in _installed

    seen: dict[str, bytes] = {}
    queue = [module]
    while queue:
        current = queue.pop()
        if current in seen:
            continue
        if current in _LIBRARIES:
            seen[current] = version_of(_LIBRARIES[current]).encode()
            continue
        # an installed verifier: its own file, then ours
        path = _source_path(current) or Path(sys.modules[current].__file__ or "")
        seen[current] = path.read_bytes()
        queue.extend(_imports(seen[current].decode()))
    hasher = hashlib.sha256(f"{name}\0{version}".encode())
    for key in sorted(seen):
        hasher.update(f"\0{key}\0".encode() + seen[key])
    return hasher.hexdigest()[:12]


def _imports(source: str) -> set[str]:
    """Modules of ours, and libraries, that a source text imports; `from a import b` is `a`, and `a.b` if a module."""
    found = set(_IMPORT.findall(source))
    for base, names in _FROM.findall(source):
        found.add(base)
        found.update(f"{base}.{name}" for name in re.findall(r"\w+", names))
    libraries = {name.split(".")[0] for name in found}.intersection(_LIBRARIES)
    return libraries | {name for name in found if _source_path(name) is not None}


@cache
def _source_path(module: str) -> Path | None:
    """The source file of a module of ours, None for any other name."""
    if not module.startswith("reward_service."):
        return None
    path = _ROOT.joinpath(*module.split("."))
    found = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return found if found.is_file() else None
