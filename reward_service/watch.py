"""A watch over the checks that a server runs in its own front: one that never ends is interrupted, not waited for.

Work budgets end our own checks long before; this is for the check whose author forgot one. A timer of processor time
ticks for as long as the server computes (an idle server gets none); a check that is still running at the second tick
after it began is interrupted, and the engine sends it to a worker, where it can be killed. Native code that never
returns to the interpreter is out of its reach.
"""

from __future__ import annotations

import signal
from types import FrameType

_TICKS = 2
_WARMING_TICKS = 20  # while a check may still have to import modules, as a fresh server's first ones do


class InlineLimitReached(BaseException):
    """Raised inside a check by the watch. Not an Exception, so that no verifier's own handler takes it for one."""


class NoWatch:
    """Does nothing: for engines outside a server, whose process has other uses for its signals."""

    def begin(self) -> None:
        """A check starts."""

    def end(self) -> None:
        """It has ended."""


class InlineWatch(NoWatch):
    """For the main thread of a server. `tick_s` is processor time; a check gets between one and two ticks."""

    def __init__(self, tick_s: float) -> None:
        self._tick_s = tick_s
        self._running = False
        self._ticks = 0
        self._patience = _WARMING_TICKS

    def start(self) -> None:
        """Take over SIGVTALRM and start the timer."""
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.siginterrupt(signal.SIGVTALRM, False)  # system calls of other threads go on
        signal.setitimer(signal.ITIMER_VIRTUAL, self._tick_s, self._tick_s)

    def settle(self) -> None:
        """From now on checks have what they need imported: a slow one is stuck, not starting."""
        self._patience = _TICKS

    def stop(self) -> None:
        """Stop the timer."""
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def begin(self) -> None:
        """A check starts."""
        self._ticks = 0
        self._running = True

    def end(self) -> None:
        """It has ended."""
        self._running = False

    def _tick(self, number: int, frame: FrameType | None) -> None:
        if not self._running:
            return
        self._ticks += 1
        if self._ticks >= self._patience:
            self._running = False
            raise InlineLimitReached
