"""Which prompts are answered together: longest first, as many as there is room for, the next ones as soon as some end.

Where memory runs out, half as many responses are generated at once from then on; what was under way starts again, and
comes out the same, since a response depends on nothing but its prompt, its seed and the weights.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch

from rfteval.images import pixels
from rfteval.models.asked import Wanted, images_of, text_of, wanted_of
from rfteval.models.transformers.choosing import choose
from rfteval.models.transformers.decoding import Batch, Decoder
from rfteval.models.transformers.lanes import SMALL_BATCH, is_small
from rfteval.models.transformers.loading import Loaded
from rfteval.models.transformers.processing import Prepared
from rfteval.models.transformers.rows import Row
from rfteval.types import Prompt, Response, Sampling

BATCH_SIZE = 64  # rows under way, but for small models
PREFILL_TOKENS = 16384  # about as many are prefilled in one pass, unless a single prompt is longer
_PREFILL_PROMPTS = 16  # at most, on a processor: what lies between its operations then stays in its caches
_STEPS_AT_ONCE = 16  # then whoever wants to end the run is heard
_PIXELS_PER_TOKEN = 784  # of Qwen-VL; others have fewer tokens a picture, which costs only a smaller first pass
_SHARE = 4  # once a quarter of the places is free, new rows are prefilled, or the others are drawn together
_NOT_FINITE = "the model's logits are not finite; try another dtype, such as bfloat16"
_FEWER = "there is not enough memory for this response alone; use a smaller dtype, fewer max_pixels or another device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A prompt, the responses to it that are still to be generated, and how many tokens it has, pictures estimated."""

    prompt: Prompt
    wanted: tuple[Wanted, ...]
    tokens: int
    pictures: bool


def engines_of(
    loaded: Loaded, prompts: Sequence[Prompt], sampling: Sampling, batch_size: int | None = None
) -> list[Engine]:
    """The engines that answer `prompts` side by side; `batch_size` is for all of them together, None the default.

    One engine, but for a small model on a processor: as many as torch has threads.
    """
    small = is_small(loaded)
    places = batch_size or (SMALL_BATCH if small else BATCH_SIZE)
    # Prompts with and without pictures are prefilled apart: processors differ in what they make of a mixture.
    asked = [(prompt, wanted) for prompt in prompts if (wanted := wanted_of(prompt, sampling))]
    jobs = sorted(_jobs(loaded, asked), key=lambda job: (job.pictures, job.tokens), reverse=True)
    lanes = max(1, min(torch.get_num_threads() if small else 1, places, len(jobs)))
    return [Engine(loaded, jobs[lane::lanes], sampling, places // lanes) for lane in range(lanes)]


class Engine:
    """Answers `jobs`, in that order, step by step. One thread only; `places` rows at once."""

    def __init__(self, loaded: Loaded, jobs: Sequence[Job], sampling: Sampling, places: int) -> None:
        self._loaded = loaded
        self._sampling = sampling
        self._places = places
        self._decoder = Decoder(loaded.model, seen=sampling.repetition_penalty is not None)
        on_processor = torch.device(loaded.model.device).type == "cpu"
        self._prompts_a_pass = _PREFILL_PROMPTS if on_processor else len(jobs)
        self._waiting = deque(jobs)
        self._batch: Batch | None = None
        self._trying: list[Job] = []  # being prefilled, to wait again where memory runs out

    @property
    def done(self) -> bool:
        """Whether every response has been handed out."""
        return not self._waiting and self._batch is None

    def advance(self) -> list[Response]:
        """Some steps, until responses ended or nothing is left to do; these responses, maybe none."""
        ended: list[Response] = []
        for _ in range(_STEPS_AT_ONCE):
            if ended or self.done:
                break
            ended = self.step()
        return ended

    @torch.inference_mode()
    def step(self) -> list[Response]:
        """Prefill what there is room for, or give every row its next token; the responses that ended by it."""
        ended: list[Response] = []
        try:
            if self._waiting and self._has_room():
                self._admit(ended)
            else:
                self._advance(ended)
            return ended
        except (torch.OutOfMemoryError, MemoryError):
            pass
        except RuntimeError as error:
            if "can't allocate memory" not in str(error):  # how torch says it of a processor's memory
                raise
        self._halve(ended)  # out here, where no traceback holds the tensors any more
        return ended

    def _has_room(self) -> bool:
        if self._batch is None:
            return True
        return self._batch.joinable and (self._places - self._batch.live) * _SHARE >= self._places

    def _admit(self, ended: list[Response]) -> None:
        self._trying = self._next_jobs()
        batch = self._prefilled(self._trying, ended)
        if batch is not None and self._batch is not None:
            self._batch.join(batch, self._rows_after(len(batch.rows)))
        elif batch is not None:
            self._decoder.settle(batch)
            self._batch = batch
        self._trying = []

    def _rows_after(self, arriving: int) -> int:
        """How many more rows will come in behind those that are arriving, before any ends."""
        waiting = sum(len(job.wanted) for job in islice(self._waiting, self._places))
        live = 0 if self._batch is None else self._batch.live
        return max(min(waiting, self._places - live - arriving), 0)

    def _next_jobs(self) -> list[Job]:
        """Jobs for the free places, which are all alike in having pictures or not. Only the last may be split."""
        free = self._places - (0 if self._batch is None else self._batch.live)
        jobs: list[Job] = []
        longest = 0
        while self._waiting and free > 0 and len(jobs) < self._prompts_a_pass:
            job = self._waiting[0]
            longest = max(longest, job.tokens)
            if jobs and (job.pictures != jobs[0].pictures or longest * (len(jobs) + 1) > PREFILL_TOKENS):
                break
            self._waiting.popleft()
            if len(job.wanted) > free:
                self._waiting.appendleft(replace(job, wanted=job.wanted[free:]))
                job = replace(job, wanted=job.wanted[:free])
            jobs.append(job)
            free -= len(job.wanted)
        return jobs

    def _prefilled(self, jobs: Sequence[Job], ended: list[Response]) -> Batch | None:
        """The batch of `jobs`, or None where none of their prompts can be answered; why goes to `ended`."""
        loaded, sampling = self._loaded, self._sampling
        prepared = loaded.processing.prepare([job.prompt for job in jobs], sampling.thinking)
        if not prepared.kept:
            ended += _refused(jobs, prepared)
            return None
        rows = [
            [
                Row(
                    wanted,
                    sampling,
                    prompt_tokens=length,
                    room=min(sampling.max_tokens, loaded.processing.context - length),
                    decode=loaded.processing.text,
                    eos=loaded.eos,
                    closing=loaded.closing,
                    thinking=opened,
                )
                for wanted in jobs[place].wanted
            ]
            for place, length, opened in zip(prepared.kept, prepared.lengths, prepared.opened, strict=True)
        ]
        batch = self._decoder.prefill({name: loaded.moved(value) for name, value in prepared.inputs.items()}, rows)
        ended += _refused(jobs, prepared)  # last: where memory runs out before, these jobs are tried again
        return batch

    def _advance(self, ended: list[Response]) -> None:
        batch = self._batch
        assert batch is not None
        drawing = self._sampling.temperature > 0
        uniforms = [row.uniform() if row is not None else 0.0 for row in batch.rows] if drawing else []
        tokens = choose(batch.logits_BV, self._sampling, uniforms, batch.seen_BV).tolist()
        leaving = []
        for place, (row, token) in enumerate(zip(batch.rows, tokens, strict=True)):
            if row is None:
                continue
            if token < 0:
                ended.append(row.wanted.failed(_NOT_FINITE))
                leaving.append(place)
            elif finish := row.take(token):
                ended.append(row.response(finish))
                leaving.append(place)
        batch.end(leaving)
        if not batch.live:
            self._batch = None
            return
        # With nobody waiting, places that are free are only computed along; copying the others costs as well.
        if not (self._waiting and batch.joinable) and (len(batch.rows) - batch.live) * _SHARE >= len(batch.rows):
            batch.keep([place for place, row in enumerate(batch.rows) if row is not None])
        self._decoder.step(batch, [row.tokens[-1] if row is not None else 0 for row in batch.rows])

    def _halve(self, ended: list[Response]) -> None:
        """After memory ran out: half as many places, and what was under way waits again. A lone response fails."""
        lost = [row.wanted for row in self._batch.rows if row is not None] if self._batch is not None else []
        lost += [wanted for job in self._trying for wanted in job.wanted]
        self._batch, self._trying = None, []
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(lost) == 1:
            ended.append(lost[0].failed(_FEWER))
            return
        self._places = max(1, len(lost) // 2)
        by_prompt: dict[str, list[Wanted]] = {}
        for wanted in lost:
            by_prompt.setdefault(wanted.prompt.sample_id, []).append(wanted)
        again = _jobs(self._loaded, [(these[0].prompt, tuple(these)) for these in by_prompt.values()])
        self._waiting.extendleft(reversed(again))


def _refused(jobs: Sequence[Job], prepared: Prepared) -> list[Response]:
    """The failed responses of the prompts that cannot be answered."""
    return [wanted.failed(reason) for place, reason in prepared.refused.items() for wanted in jobs[place].wanted]


def _jobs(loaded: Loaded, asked: Sequence[tuple[Prompt, tuple[Wanted, ...]]]) -> list[Job]:
    lengths = loaded.processing.text_lengths([text_of(prompt) for prompt, _ in asked])
    return [_job(prompt, wanted, length) for (prompt, wanted), length in zip(asked, lengths, strict=True)]


def _job(prompt: Prompt, wanted: tuple[Wanted, ...], text_tokens: int) -> Job:
    images = images_of(prompt)
    tokens = text_tokens + sum(pixels(image) // _PIXELS_PER_TOKEN for image in images)
    return Job(prompt=prompt, wanted=wanted, tokens=tokens, pictures=bool(images))
