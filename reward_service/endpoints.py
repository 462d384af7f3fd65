"""Which of several server addresses to call next, and how long to leave one alone that has failed. No gRPC, no sleep.

Round robin over the addresses that are up. One that failed is left alone for a growing time and then gets one call to
show itself; when all are down, the one whose time comes first is named, with the time to wait.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reward_service.errors import ServiceUnavailableError

_FIRST_DELAY_S = 0.05
_LONGEST_DELAY_S = 2.0
# How long an address that has never answered is tried: long enough for a server that is just starting.
NEW_ADDRESS_PATIENCE_S = 1.0


@dataclass(slots=True, kw_only=True)
class _State:
    failures: int = 0
    retry_at_s: float = 0.0
    answered: bool = False


class Rotation:
    """Thread-safe. `clock` is monotonic seconds; `random_source` spreads the retries of many clients."""

    def __init__(self, addresses: Sequence[str], *, clock: Callable[[], float], random_source: random.Random) -> None:
        if not addresses:
            raise ServiceUnavailableError("no address of a reward service was given")
        self.addresses = tuple(addresses)
        self._clock = clock
        self._random = random_source
        self._lock = threading.Lock()
        self._states = {address: _State() for address in self.addresses}
        self._next = 0

    def pick(self) -> tuple[str, float]:
        """The address to call, and the seconds to wait before calling it (0 where one is up)."""
        with self._lock:
            now = self._clock()
            order = [self.addresses[(self._next + step) % len(self.addresses)] for step in range(len(self.addresses))]
            self._next += 1
            for address in order:
                state = self._states[address]
                if state.retry_at_s <= now:
                    if state.failures:
                        state.retry_at_s = now + _LONGEST_DELAY_S  # one call tries it; the others go elsewhere
                    return address, 0.0
            address = min(order, key=lambda other: self._states[other].retry_at_s)
            return address, self._states[address].retry_at_s - now

    def succeeded(self, address: str) -> None:
        """The address answered, if only to say that the request was wrong."""
        state = self._states[address]
        if not state.answered or state.failures:
            with self._lock:
                state.answered = True
                state.failures = 0
                state.retry_at_s = 0.0

    def failed(self, address: str, *, delay_s: float | None = None) -> None:
        """The address could not be reached, is draining, or is full (`delay_s`: what it asked for)."""
        with self._lock:
            state = self._states[address]
            state.failures += 1
            if delay_s is not None:
                state.answered = True
            else:
                delay_s = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(state.failures - 1, 10))
            state.retry_at_s = self._clock() + delay_s * self._random.uniform(0.5, 1.0)

    def patience_s(self) -> float:
        """How long to go on trying: for ever (to the caller's deadline) where any address has ever answered."""
        return float("inf") if any(state.answered for state in self._states.values()) else NEW_ADDRESS_PATIENCE_S
