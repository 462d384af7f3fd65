"""What is installed here, and the command that installs what is not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = "rfteval"


def installed_version(package: str) -> str | None:
    """The version of a distribution, or None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def install_command(extra: str) -> str:
    """The command that installs the package with an extra of it, or alone."""
    source = "." if (ROOT / "pyproject.toml").is_file() else DISTRIBUTION
    return f"pip install '{source}[{extra}]'" if extra else f"pip install '{source}'"
