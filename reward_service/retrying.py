"""What a client does between a failed call and the next try, the same for the sync and the async one. No gRPC.

An outage is told by a warning of this module's logger, once, and so is its end.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Sequence

from reward_service.endpoints import Rotation
from reward_service.errors import DeadlineError, InvalidRequestError, RewardServiceError

_log = logging.getLogger(__name__)

_LONGEST_S = 365 * 86_400.0  # gRPC takes a deadline it cannot represent for one that has passed


def deadline_after(timeout_s: float) -> float:
    """The time of the monotonic clock at which a call ends; a timeout of infinity is a year.

    Raises DeadlineError where it is over already, InvalidRequestError for one that is no number.
    """
    if math.isnan(timeout_s):
        raise InvalidRequestError("timeout_s must be a number of seconds, got nan; for no limit give float('inf')")
    if timeout_s <= 0:
        raise DeadlineError(f"no time was left for the call (timeout_s={timeout_s:g}); raise timeout_s or send less")
    return time.monotonic() + min(timeout_s, _LONGEST_S)


def new_rotation(addresses: Sequence[str], patience_s: float) -> Rotation:
    """The rotation of a client."""
    return Rotation(addresses, clock=time.monotonic, random_source=random.Random(), patience_s=patience_s)


def note_answer(rotation: Rotation, address: str) -> None:
    """An address has answered; says so where it was told that none did."""
    if rotation.succeeded(address):
        _log.warning("the reward service at %s answers again", address)


def wait_or_raise(last: RewardServiceError, rotation: Rotation, started: float, deadline: float, wait_s: float) -> None:
    """Raise the error that came `last` where waiting `wait_s` for another try would be too long.

    Times are of the monotonic clock: when the call began, and its deadline.
    """
    now = time.monotonic()
    give_up = min(deadline, rotation.give_up_at_s(started))
    if now + wait_s >= give_up:
        raise last
    if rotation.outage_to_tell():
        _log.warning("%s; trying again for up to %.0f s", last, give_up - now)
