"""What a number was made with: digests of samples, versions, the commit of this code."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

from rfteval.benchmark import Profile
from rfteval.types import Sample

PACKAGES = ("rfteval", "grpcio", "protobuf", "sympy", "mpmath", "rapidfuzz")


def samples_digest(samples: Iterable[Sample], profile: Profile) -> str:
    """SHA-256 over what is scored: ids, references and components, in order. Pictures are not in it."""
    hasher = hashlib.sha256()
    for sample in samples:
        hasher.update(repr((sample.id, sample.question, sample.reference, profile.components(sample))).encode())
    return hasher.hexdigest()


def wanted_verifiers(samples: Iterable[Sample], profile: Profile) -> set[str]:
    """Every verifier that may run; "auto" stands for `choice` and `math`."""
    wanted = {component.verifier for sample in samples for component in profile.components(sample)}
    if wanted & {"", "auto"}:
        wanted = (wanted - {"", "auto"}) | {"choice", "math"}
    return wanted


def versions() -> dict[str, str | None]:
    """Versions of Python and of the packages that decide verdicts."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def code_commit() -> str | None:
    """The git commit of the checkout this code runs from, with "-dirty" where files differ; None outside of one."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--match="]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
