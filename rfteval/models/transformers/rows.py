"""A response while it is being written: its tokens, when it ends, and where its reasoning has to."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal

from rfteval.models.asked import Wanted
from rfteval.models.reasoning import THINK, THINK_END
from rfteval.types import Response, Sampling

_WINDOW = 16  # tokens that are read for a tag or a stop: more than one of them is ever cut into

Finish = Literal["stop", "length"]
Decode = Callable[[Sequence[int]], str]


class Row:
    """One response under way. `room` is the most tokens it may have; `closing` are the tokens that end reasoning."""

    def __init__(
        self,
        wanted: Wanted,
        sampling: Sampling,
        *,
        prompt_tokens: int,
        room: int,
        decode: Decode,
        eos: frozenset[int],
        closing: Sequence[int],
        thinking: bool,
    ) -> None:
        self.wanted = wanted
        self.prompt_tokens = prompt_tokens
        self.tokens: list[int] = []
        self._sampling = sampling
        self._room = room
        self._decode = decode
        self._eos = eos
        self._random = random.Random(wanted.seed)
        self._closing = list(closing)
        self._forced: list[int] = []
        self._thinking = thinking  # whether it is inside its reasoning; the prompt may have opened it
        self._thought = 0
        self._end_thinking_at(sampling.thinking_budget)

    def uniform(self) -> float:
        """The number that the next token is drawn with."""
        return self._random.random()

    def take(self, token: int) -> Finish | None:
        """Add a token, or the one that is due instead of it; why the response ends here, or None where it goes on."""
        if self._forced:
            token = self._forced.pop(0)
        self.tokens.append(token)
        if token in self._eos:
            return "stop"
        if self._sampling.stop and self._stop_in(self._decode(self.tokens[-self._tail() :])):
            return "stop"
        if len(self.tokens) >= self._room:
            return "length"
        if self._sampling.thinking_budget is not None and not self._forced:
            self._watch_thinking()
            self._end_thinking_at(self._sampling.thinking_budget)
        return None

    def response(self, finish: Finish) -> Response:
        """The finished response. Its text ends before the stop that ended it."""
        text = self._decode([token for token in self.tokens if token not in self._eos])
        return Response(
            sample_id=self.wanted.prompt.sample_id,
            index=self.wanted.index,
            text=before_stop(text, self._sampling.stop),
            finish_reason=finish,
            prompt_tokens=self.prompt_tokens,
            response_tokens=len(self.tokens),
            seed=self.wanted.seed,
        )

    def _tail(self) -> int:
        """How many tokens may hold the last stop that was completed: at least a byte each, and one that is cut."""
        return max(len(stop.encode()) for stop in self._sampling.stop) + _WINDOW

    def _stop_in(self, text: str) -> bool:
        return any(stop in text for stop in self._sampling.stop)

    def _watch_thinking(self) -> None:
        """Count the tokens of reasoning."""
        if self._thinking:
            self._thought += 1
            self._thinking = THINK_END not in self._decode(self.tokens[-_WINDOW:])
        elif not self._thought:
            tail = self._decode(self.tokens[-_WINDOW:])
            self._thinking = THINK in tail and THINK_END not in tail

    def _end_thinking_at(self, budget: int | None) -> None:
        """At the budget, the tokens that end reasoning are due."""
        if budget is not None and self._thinking and self._thought >= budget:
            self._forced = list(self._closing)
            self._thinking = False


def before_stop(text: str, stops: Sequence[str]) -> str:
    """The text before the first of the stops that are in it."""
    return text[: min((text.find(stop) for stop in stops if stop in text), default=len(text))]
