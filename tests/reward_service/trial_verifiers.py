"""Verifiers that do what real ones must never do: hang, eat memory, die. Installed for tests as another package's.

`installed` in conftest.py makes them known to this process and to every server and worker it starts.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from reward_service.limits import Budget
from reward_service.parameters import parameter
from reward_service.types import Reference, Status, StepScore, Verdict
from reward_service.verifiers.registry import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialParameters:
    """Parameters of the trial verifiers."""

    share: float = parameter(1.0, "score of an equal text", minimum=0.0, maximum=1.0)
    input: str = parameter("full_response", "what the response is", choices=("full_response", "expression"))


def _equal(text: str, reference: Reference, parameters: TrialParameters, budget: Budget) -> Verdict:
    if not reference.answer:
        return Verdict(status=Status.INVALID_REFERENCE, reason="no reference", rule="trial")
    if text == reference.answer:
        status = Status.CORRECT if parameters.share == 1 else Status.PARTIAL
        steps = (StepScore(start=0, end=len(text), score=1.0, reason="all of it"),)
        return Verdict(
            status=status, score=parameters.share, extracted=text, reason="equal", rule="trial.equal", steps=steps
        )
    return Verdict(status=Status.INCORRECT, score=0.0, extracted=text, reason="differ", rule="trial.differ")


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def _behave(text: str, reference: Reference, parameters: TrialParameters, budget: Budget) -> Verdict:
    """Do what the response asks for, as `sleep 0.3`, then compare nothing and call it right."""
    word, _, argument = text.partition(" ")
    if word == "sleep":
        time.sleep(float(argument))
    elif word == "mark":  # says that it has begun, and goes on until it is told to end
        Path(argument).touch()
        while not Path(f"{argument}.end").exists():
            time.sleep(0.005)
    elif word == "burn":  # a set amount of work, however long it takes
        end = time.process_time() + float(argument)
        while time.process_time() < end:
            pass
    elif word == "spin":
        _spin(float(argument))
    elif word == "stubborn":  # ignores the alarm, so only a kill from outside ends it
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
        _spin(float(argument))
    elif word == "once" and not Path(argument).exists():  # the first time it says who it is and hangs
        Path(argument).write_text(str(os.getpid()))
        time.sleep(60)
    elif word == "swallow":  # its own handler takes every exception it can
        end = time.monotonic() + float(argument)
        while time.monotonic() < end:
            try:
                _spin(0.01)
            except Exception:
                continue
    elif word == "memory":
        return Verdict(status=Status.CORRECT, score=1.0, reason=str(len(bytearray(int(argument)))))
    elif word == "die":
        os.kill(os.getpid(), int(argument))
    elif word == "work":
        for _ in range(int(argument)):
            budget.spend(100)
    elif word == "raise":
        raise RuntimeError(argument)
    elif word == "pid":
        return Verdict(status=Status.CORRECT, score=1.0, extracted=str(os.getpid()), rule="trial.pid")
    return Verdict(status=Status.CORRECT, score=1.0, extracted=text, rule="trial.behaved")


TRIAL = Verifier(
    name="trial",
    version="1",
    summary="Equal texts are right.",
    parameters=TrialParameters,
    check=_equal,
    inline=True,
)
BEHAVE = Verifier(
    name="behave", version="1", summary="Does what the response says.", parameters=TrialParameters, check=_behave
)
BEHAVE_INLINE = Verifier(
    name="behave_inline",
    version="1",
    summary="As behave, with the front's budget first.",
    parameters=TrialParameters,
    check=_behave,
    inline=True,
)
