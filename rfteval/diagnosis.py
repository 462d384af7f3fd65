"""What works here and what does not: the findings of `rfteval doctor`, as values that say what to do next.

`here` looks at this installation, `server` at one running service. Times are reported and never judged: a slow machine
is no finding.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import statistics
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rfteval.installation import DISTRIBUTION, ROOT, install_command
from rfteval.installation import installed_version as _version
from rfteval.models.backend import Backend
from rfteval.models.open import backends
from rfteval.provenance import code_commit

if TYPE_CHECKING:
    from reward_service.client import RewardClient
    from reward_service.credentials import ClientCredentials
    from reward_service.types import VerifierInfo

State = Literal["ok", "absent", "problem"]
BATCH = 256
_SINGLES = 50
_BATCHES = 5
# Our own requirements only: a name, perhaps extras, a lowest version, perhaps the extra that asks for it.
_REQUIREMENT = re.compile(r"([\w.-]+)(\[[\w,]+\])?(?:>=([\w.]+))?(?:\s*;\s*extra == ['\"](\w+)['\"])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do; "absent" is missing without being needed."""

    subject: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.state == "problem" and not self.remedy:
            raise ValueError(f"a problem needs a remedy: {self.subject}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A package that is asked for, with its own extras in brackets, the lowest version, and our extra that asks.

    Each but the package may be empty; an extra that is empty is the core.
    """

    package: str
    features: str
    lowest: str
    extra: str

    @property
    def text(self) -> str:
        """As pip takes it."""
        return f"{self.package}{self.features}{f'>={self.lowest}' if self.lowest else ''}"


def here() -> Iterator[Finding]:
    """Python, this package, what it needs, its extras, and a private server that scores one item."""
    yield _python()
    version = _version(DISTRIBUTION)
    commit = code_commit()
    yield Finding(
        subject="rfteval",
        state="ok" if version else "absent",
        found=f"{version or 'not installed, runs from its folder'}{f', commit {commit}' if commit else ''}",
        remedy="" if version else install_command(""),
    )
    wanted = requirements()
    for requirement in wanted:
        if not requirement.extra:
            yield _core(requirement)
    for extra in dict.fromkeys(requirement.extra for requirement in wanted if requirement.extra):
        yield _extra(extra, [requirement for requirement in wanted if requirement.extra == extra])
    for backend in backends().values():
        yield _backend(backend)
    yield _private_server()


def requirements() -> list[Requirement]:
    """What pyproject.toml asks for in a checkout (what was installed may be older), else the installed package."""
    source = ROOT / "pyproject.toml"
    if source.is_file():
        project = tomllib.loads(source.read_text(encoding="utf-8"))["project"]
        lines = list(project["dependencies"])
        for extra, more in project["optional-dependencies"].items():
            lines += [f'{line}; extra == "{extra}"' for line in more]
    else:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    matches = [_REQUIREMENT.match(line) for line in lines]
    return [
        Requirement(package=match[1], features=match[2] or "", lowest=match[3] or "", extra=match[4] or "")
        for match in matches
        if match is not None
    ]


def _python() -> Finding:
    return Finding(subject="python", state="ok", found=f"{platform.python_version()} on {platform.platform()}")


def _core(requirement: Requirement) -> Finding:
    version = _version(requirement.package)
    subject = requirement.package
    if version is None:
        return Finding(subject=subject, state="problem", found="not installed", remedy=_pip(requirement))
    if _older(version, requirement.lowest):
        found = f"{version} is older than {requirement.lowest}"
        return Finding(subject=subject, state="problem", found=found, remedy=_pip(requirement))
    return Finding(subject=subject, state="ok", found=version)


def _extra(extra: str, wanted: Sequence[Requirement]) -> Finding:
    versions = {requirement.package: _version(requirement.package) for requirement in wanted}
    present = [f"{name} {version}" for name, version in versions.items() if version is not None]
    lacking = [
        requirement.text
        for requirement in wanted
        if (version := versions[requirement.package]) is None or _older(version, requirement.lowest)
    ]
    subject = f"extra {extra}"
    if lacking:
        return Finding(
            subject=subject, state="absent", found=f"lacks {', '.join(lacking)}", remedy=install_command(extra)
        )
    return Finding(subject=subject, state="ok", found=", ".join(present))


def _backend(backend: Backend) -> Finding:
    lacking = bool(backend.lacking())
    return Finding(
        subject=f"backend {backend.name}",
        state="absent" if lacking else "ok",
        found=backend.found(),
        remedy=backend.install if lacking else "",
    )


def _private_server() -> Finding:
    from reward_service.client import RewardClient
    from reward_service.errors import RewardServiceError

    subject = "private server"
    started = time.perf_counter()
    try:
        with RewardClient(timeout_s=60.0) as client:
            problem = _trial(client, 1)
            first_s = time.perf_counter() - started
    except RewardServiceError as error:
        remedy = "run `python -m reward_service` to see why; anything marked as a problem above comes first"
        return Finding(subject=subject, state="problem", found=str(error), remedy=remedy)
    if problem:
        return Finding(subject=subject, state="problem", found=problem, remedy="report it with these lines")
    return Finding(subject=subject, state="ok", found=f"starts and scores; first verdict after {first_s:.2f} s")


def server(address: str, credentials: ClientCredentials, *, timeout_s: float, quick: bool = False) -> Iterator[Finding]:
    """One service: reached, healthy, lets us in, runs the same verifiers, how fast. Stops at the first dead end.

    `quick` asks for health alone, which needs no token.
    """
    from reward_service.client import RewardClient
    from reward_service.connection import health
    from reward_service.errors import RewardServiceError

    secured = "TLS" if credentials.tls else "plaintext"
    try:
        status = health(address, credentials, timeout_s=timeout_s)
    except RewardServiceError as error:
        yield _failure("reachable", error, credentials)
        return
    yield Finding(subject="reachable", state="ok", found=f"{address} answers, {secured}")
    yield _health(status)
    if quick:
        return
    try:
        with RewardClient(address, credentials=credentials, timeout_s=timeout_s) as client:
            known = client.verifiers()
            token = "token accepted" if credentials.token_file is not None else "no token asked for"
            yield Finding(subject="access", state="ok", found=token)
            yield Finding(subject="protocol", state="ok", found=f"reward_service.v1, {len(known)} verifiers")
            yield _digests(known)
            yield from _speed(client)
    except RewardServiceError as error:
        yield _failure("access", error, credentials)


def _health(status: str) -> Finding:
    subject = "health"
    if status == "SERVING":
        return Finding(subject=subject, state="ok", found=status)
    if status == "UNIMPLEMENTED":
        found = "no health service, as behind Ray's proxy; load balancers must probe the port instead"
        return Finding(subject=subject, state="absent", found=found)
    remedy = "the server drains or has not started; wait for it, start it again, or use another one"
    return Finding(subject=subject, state="problem", found=status, remedy=remedy)


def _digests(known: Sequence[VerifierInfo]) -> Finding:
    from reward_service.verifiers import registry

    theirs = {info.name: info.digest for info in known}
    ours = {name: registry.get(name).info().digest for name in registry.names()}
    return compare_digests(ours, theirs)


def compare_digests(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Finding:
    """Whether a verdict of theirs is the verdict we would give. Verifiers that only they have are no problem."""
    differing = sorted(name for name, digest in ours.items() if theirs.get(name, digest) != digest)
    lacking = sorted(ours.keys() - theirs.keys())
    extra = sorted(theirs.keys() - ours.keys())
    remedy = "scores of the two may differ; install the same rfteval, sympy, mpmath and rapidfuzz on both sides"
    if differing or lacking:
        parts = [f"other code: {', '.join(differing)}"] if differing else []
        parts += [f"not there: {', '.join(lacking)}"] if lacking else []
        return Finding(subject="digests", state="problem", found="; ".join(parts), remedy=remedy)
    more = f"; only there: {', '.join(extra)}" if extra else ""
    return Finding(subject="digests", state="ok", found=f"equal to this package's{more}")


def _speed(client: RewardClient) -> Iterator[Finding]:
    problem = _trial(client, 1) or _trial(client, BATCH)
    if problem:
        yield Finding(subject="scores", state="problem", found=problem, remedy="look into the server's log")
        return
    single_s = statistics.median(_timed(client, 1) for _ in range(_SINGLES))
    batch_s = statistics.median(_timed(client, BATCH) for _ in range(_BATCHES))
    yield Finding(subject="one item", state="ok", found=f"p50 {single_s * 1000:.2f} ms there and back")
    yield Finding(subject=f"batch of {BATCH}", state="ok", found=f"{BATCH / batch_s:,.0f} items/s, one call at a time")


def _timed(client: RewardClient, size: int) -> float:
    started = time.perf_counter()
    _trial(client, size)
    return time.perf_counter() - started


def _trial(client: RewardClient, size: int) -> str:
    """Score `size` items whose verdict is known; what was wrong, or nothing."""
    from reward_service.types import Component, Reference, ScoreItem

    items = [
        ScoreItem(id=str(number), response=f"\\boxed{{{number}}}", reference=Reference(answer=str(number)))
        for number in range(size)
    ]
    scored = client.score(items, components=(Component(verifier="math"),))
    wrong = [item for item in scored if item.reward != 1.0]
    if not wrong:
        return ""
    verdict = wrong[0].verdicts[0]
    return f"{len(wrong)} of {size} trial items not CORRECT: {verdict.status.name}, {verdict.reason}"


def _failure(subject: str, error: Exception, credentials: ClientCredentials) -> Finding:
    fact, _, rest = str(error).rpartition("; ")  # at the end there may be a remedy, but for other commands
    fact = fact or rest
    return Finding(subject=subject, state="problem", found=fact, remedy=_remedy(error, credentials))


def _remedy(error: Exception, credentials: ClientCredentials) -> str:
    from reward_service.errors import AuthenticationError, DeadlineError

    text = str(error)
    if "cannot read" in text or "holds no token" in text or "cannot be sent" in text:
        return "check this file, which the credentials name, and the right to read it"
    if "token in plaintext" in text:
        return "set tls = true in the credentials, and give the server a certificate"
    if isinstance(error, DeadlineError):
        return "check the address, and firewalls that drop packets on the way; --timeout-s waits longer"
    if "does it want TLS" in text and not credentials.tls:
        return "give --credentials FILE with tls = true and authority = PEM"
    if "does it want TLS" in text or "client certificate" in text:
        return "give certificate = PEM and key = PEM, signed by the server's client_authority, in --credentials FILE"
    if isinstance(error, AuthenticationError) and "plaintext" in text:
        return "leave tls out of the credentials, or give the server a certificate"
    if isinstance(error, AuthenticationError) and "token" in text:
        return "give --credentials FILE with token_file = a file whose first line is a token of the server's token_file"
    if isinstance(error, AuthenticationError):
        return (
            "give the authority that signed the server's certificate, for the name in the address, as authority = PEM"
        )
    if "no reward service is deployed" in text:
        return "start it: rfteval serve --engine ray; or, where Serve is shared, deploy the application again"
    if "no reward service answers" in text:
        return "check HOST:PORT, that the server runs, and that it listens beyond 127.0.0.1 if it is on another machine"
    return "is it a reward service of this version? look into its log"


def _older(version: str, lowest: str) -> bool:
    return bool(lowest) and _release(version) < _release(lowest)


def _release(version: str) -> tuple[int, ...]:
    """The numbers a version starts with, without zeros at the end: 2.10.0rc1 is (2, 10)."""
    numbers = [int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _pip(requirement: Requirement) -> str:
    return f"pip install '{requirement.text}'"
