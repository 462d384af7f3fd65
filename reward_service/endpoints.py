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
DEFAULT_PATIENCE_S = 60.0  # how long one that has answered is waited for: long enough for a restart
_TELL_AFTER_S = 1.0


@dataclass(slots=True, kw_only=True)
class _State:
    failures: int = 0
    retry_at_s: float = 0.0
    answered: bool = False


class Rotation:
    """Thread-safe. `clock` is monotonic seconds; `random_source` spreads the retries of many clients.

    `patience_s` is how long to go on while none of the addresses can be reached, although one has answered before.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        clock: Callable[[], float],
        random_source: random.Random,
        patience_s: float = DEFAULT_PATIENCE_S,
    ) -> None:
        if not addresses:
            raise ServiceUnavailableError("no address of a reward service was given")
        self.addresses = tuple(addresses)
        self._clock = clock
        self._random = random_source
        self._lock = threading.Lock()
        self._states = {address: _State() for address in self.addresses}
        self._next = 0
        self._patience_s = patience_s
        self._silent_since_s: float | None = None
        self._told = False

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

    def succeeded(self, address: str) -> bool:
        """The address answered, if only to say that the request was wrong. Whether that ends an outage it told of."""
        state = self._states[address]
        if state.answered and not state.failures and self._silent_since_s is None:
            return False
        with self._lock:
            state.answered = True
            state.failures = 0
            state.retry_at_s = 0.0
            return self._spoke()

    def failed(self, address: str, *, delay_s: float | None = None) -> None:
        """The address could not be reached, is draining, or is full (`delay_s`: what it asked for)."""
        with self._lock:
            state = self._states[address]
            state.failures += 1
            if delay_s is not None:
                state.answered = True
                self._spoke()
            else:
                if self._silent_since_s is None:
                    self._silent_since_s = self._clock()
                delay_s = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(state.failures - 1, 10))
            state.retry_at_s = self._clock() + delay_s * self._random.uniform(0.5, 1.0)

    def give_up_at_s(self, started_s: float) -> float:
        """When a call that began at `started_s` should stop trying; infinity while an address answers."""
        if not any(state.answered for state in self._states.values()):
            return started_s + NEW_ADDRESS_PATIENCE_S
        since_s = self._silent_since_s
        return float("inf") if since_s is None else max(started_s, since_s) + self._patience_s

    def outage_to_tell(self) -> bool:
        """Whether nothing has answered for so long that somebody should be told; True once for each outage."""
        with self._lock:
            since_s = self._silent_since_s
            if self._told or since_s is None or self._clock() - since_s < _TELL_AFTER_S:
                return False
            self._told = True
            return True

    def _spoke(self) -> bool:
        told, self._told, self._silent_since_s = self._told, False, None
        return told
