"""Errors of the reward service: one root, one class per boundary. A failed item is a verdict, not one of these."""

from __future__ import annotations


class RewardServiceError(Exception):
    """Root of every error this package raises on purpose."""


class ParameterError(RewardServiceError, ValueError):
    """A verifier was given a parameter it does not have or a value it cannot take."""


class UnknownVerifierError(RewardServiceError, LookupError):
    """No verifier of that name; the message suggests close names."""


class InvalidRequestError(RewardServiceError, ValueError):
    """A call broke a rule of the protocol: duplicate ids, empty batch, too many items."""


class ServiceUnavailableError(RewardServiceError, ConnectionError):
    """The service could not be reached, is draining, or its queue is full."""


class AuthenticationError(RewardServiceError, PermissionError):
    """The service refused the caller's credentials."""


class DeadlineError(RewardServiceError, TimeoutError):
    """The caller's deadline passed before the service answered."""


class ServerStartError(RewardServiceError):
    """A server could not start: address in use, bad configuration, plaintext beyond loopback."""


class WorkLimitExceeded(RewardServiceError):
    """A check used up its budget of work units. Internal: it becomes the status TIMEOUT or a move to a worker."""


class InputLimitExceeded(RewardServiceError):
    """A text is over a stated input limit. Internal: it becomes REJECTED, or INCORRECT where the rule says so."""
