"""Random hostile texts against the verifier: no exception, no failure status, no check over a second.

    python tests/perf/fuzz.py --seconds 600 --seed 1

Texts are mixed from the pieces answers are made of (boxes, tags, letters, numbers, LaTeX, announcements in several
languages), repeated or shuffled, up to 200,000 characters; references and options are of every kind. A check over the
limit is interrupted and shown with a text that reproduces it. The default suite runs a few thousand of them.
"""

from __future__ import annotations

import argparse
import gc
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from reward_service.types import Status
from reward_service.verify import verify

LIMIT_S = 1.0
_PIECES = (
    "the answer is \\boxed{ } { $ $$ \\( \\) \\[ \\] ( ) [ ] A B I C) (D) 12 3.5 1,234 / = ≈ , and or not ** * # #### "
    "Answer: Final 答案 选 所以 <think> </think> <answer> </answer> \\frac \\sqrt ^ _ x y \\text{ cm meters % ° - − + "
    "one twenty hundred yes no Question: Step | --- ` ``` \" ' therefore cannot determine either neither increase \\pi "
    "e i 0 999999999999999999999999999999 ∞ ≤ \\le \\begin{pmatrix} \\\\ & \\end{pmatrix} \u200f ٣ ½ ² option correct"
)
_REFERENCES = (
    "12 A x+1 (1,2) \\{1,2,3\\} [0,\\infty) Paris yes x=5 \\frac{1}{2} \\begin{pmatrix}1\\\\2\\end{pmatrix} "
    "f(x)=2x 12:30 1011_2 \\pi/2 x<5"
)
PIECES = [*_PIECES.split(), "\n", "\n\n", ". ", ", ", "\t", "the final answer is", "\ud800", "\x00"]
REFERENCES = [*_REFERENCES.split(), "3 cm", "3, 4", "the dog barks", "2\\pi k, k\\in\\mathbb{Z}", "x=1 or x=2"]
CHOICES: tuple[dict[str, str] | None, ...] = (
    None,
    None,
    {"A": "12 cm", "B": "15 cm", "C": "20 cm", "D": "none of these"},
    {"A": "increases", "B": "decreases", "C": "stays the same"},
    {"A": "x+1", "B": "\\frac{1}{2}", "C": "$\\pi$", "D": "(1,2)"},
    {chr(65 + index): str(index * 7) for index in range(10)},
)
FAILURES = (Status.ERROR, Status.CRASHED, Status.OUT_OF_MEMORY)


class _TooLong(BaseException):
    """The limit of one check has passed."""


@dataclass(slots=True)
class Tally:
    """What a run of the fuzzer saw."""

    checks: int = 0
    slowest_s: float = 0.0
    timeouts: int = 0
    failures: list[str] = field(default_factory=list)


def random_text(source: random.Random) -> str:
    """A hostile text of 50 to 200,000 characters."""
    pieces = source.sample(PIECES, source.choice((1, 2, 3, 5, 8, len(PIECES))))
    length = source.choice((50, 300, 3_000, 30_000, 200_000))
    separator = source.choice((" ", "", " ", "\n"))
    count = min(length, 4_000) if source.random() < 0.6 else source.randint(1, 6)
    unit = separator.join(source.choice(pieces) for _ in range(count)) + separator
    text = (unit * (length // max(1, len(unit)) + 1))[:length]
    return text + source.choice(("", "", "\nThe answer is 12.", "\\boxed{12}", "(B)"))


def run(seed: int, seconds: float, checks: int | None = None) -> Tally:
    """Fuzz until the time or the number of checks is used up. Main thread only: it interrupts by a signal."""
    source = random.Random(seed)
    tally = Tally()
    # No cost of a check: what a process loads at its first formula, and a collection of all that was there before.
    verify(r"\sqrt{x}", r"\frac{x}{2}", kind="expression")
    gc.collect()
    gc.freeze()
    end = time.monotonic() + seconds

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, interrupt)
    while time.monotonic() < end and (checks is None or tally.checks < checks):
        text, gold, choices = random_text(source), source.choice(REFERENCES), source.choice(CHOICES)
        if source.random() < 0.1:
            text, gold = gold, text[:5_000]
        kind = source.choice(("full_response", "expression"))
        shown = f"verify({text[:300]!r} ({len(text)} characters), {gold[:300]!r}, choices={choices}, kind={kind!r})"
        started = time.process_time()
        signal.setitimer(signal.ITIMER_REAL, 5 * LIMIT_S)
        try:
            verdict = verify(text, gold, choices=choices, kind=kind)
        except _TooLong:
            tally.failures.append(f"did not end: {shown}")
            continue
        except Exception as error:  # the finding itself
            tally.failures.append(f"raised {type(error).__name__}: {error}: {shown}")
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            tally.checks += 1
        took_s = time.process_time() - started
        tally.slowest_s = max(tally.slowest_s, took_s)
        tally.timeouts += verdict.status is Status.TIMEOUT
        if verdict.status in FAILURES or took_s > LIMIT_S:
            tally.failures.append(f"{verdict.status.name} after {took_s:.2f} s ({verdict.reason[:120]}): {shown}")
    gc.unfreeze()
    return tally


def main() -> int:
    """The command line: 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tally = run(options.seed, options.seconds)
    print(
        f"{tally.checks} checks, slowest {tally.slowest_s * 1000:.0f} ms of CPU, {tally.timeouts} over their work "
        f"budget, {len(tally.failures)} failures"
    )
    for failure in tally.failures[:20]:
        print(ascii(failure))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
