"""Importing the verifiers before they are asked for: many small modules, which checks else import one by one."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator

from reward_service import verifiers


def verifier_modules() -> Iterator[str]:
    """The names of this package's verifier modules."""
    for module in pkgutil.walk_packages(verifiers.__path__, f"{verifiers.__name__}."):
        yield module.name


def import_verifiers() -> None:
    """Import them all. One that cannot be imported is reported to the caller who asks for it, not here."""
    for name in verifier_modules():
        with contextlib.suppress(Exception):
            importlib.import_module(name)


async def import_verifiers_between_calls(then: Callable[[], None]) -> None:
    """Import them one at a time, with room for calls in between; `then` is called at the end."""
    for name in verifier_modules():
        with contextlib.suppress(Exception):
            importlib.import_module(name)
        await asyncio.sleep(0)
    then()
