"""Token losses → the loss of a batch. Its own axis: every token loss can be aggregated in each of these ways.

A batch is usually computed in parts (micro-batches, ranks). Each part divides by what the *whole* batch holds, so the
parts add up to the loss of the batch, however it was split or padded. A trainer that averages gradients over ranks
multiplies by their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from torch import Tensor

from training.core.masked import masked_sum

Aggregation = Literal["seq_mean", "token_mean", "constant", "seq_sum_mean"]
AGGREGATIONS: tuple[Aggregation, ...] = ("seq_mean", "token_mean", "constant", "seq_sum_mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSize:
    """What a batch holds: the divisors of every aggregation. Sizes of parts add up with `+`.

    `responses` with at least one trained token, trained `tokens`, and `longest`, the limit of a response in tokens
    (of the configuration, not of the batch: it must not vary from step to step).
    """

    responses: int
    tokens: int
    longest: int

    def __post_init__(self) -> None:
        if self.responses < 0 or self.tokens < self.responses or self.longest < 1:
            raise ValueError(
                f"no batch has {self.responses} responses with {self.tokens} tokens, at most {self.longest} each"
            )

    def __add__(self, other: BatchSize) -> BatchSize:
        if self.longest != other.longest:
            raise ValueError(f"parts of one batch share their limit, got {self.longest} and {other.longest} tokens")
        return BatchSize(
            responses=self.responses + other.responses, tokens=self.tokens + other.tokens, longest=self.longest
        )


def batch_size(mask_N_T: Tensor, longest: int) -> BatchSize:
    """The size of a batch or part of one from its mask (N, T). Waits for the device once."""
    lengths_N = mask_N_T.sum(-1)
    responses, tokens = int((lengths_N > 0).sum()), int(lengths_N.sum())
    return BatchSize(responses=responses, tokens=tokens, longest=longest)


def aggregate(losses_N_T: Tensor, mask_N_T: Tensor, how: Aggregation, size: BatchSize) -> Tensor:
    """This part's share (a scalar) of the loss of a batch of `size`, from token losses (N, T) and their mask.

    - `seq_mean`: mean over responses of the mean over a response's tokens (GRPO, arXiv 2402.03300 eq. 3)
    - `token_mean`: mean over all tokens of the batch (DAPO, arXiv 2503.14476 eq. 8; PPO)
    - `constant`: sum over responses × limit, the same for any length (Dr. GRPO, arXiv 2503.20783 sec. 3.1)
    - `seq_sum_mean`: mean over responses of the sum over a response's tokens (LUSPO, REINFORCE)

    An empty batch has the loss 0.
    """
    match how:
        case "seq_mean":
            lengths_N = mask_N_T.sum(-1).clamp(min=1)
            return (masked_sum(losses_N_T, mask_N_T, -1) / lengths_N).sum() / max(size.responses, 1)
        case "token_mean":
            return masked_sum(losses_N_T, mask_N_T) / max(size.tokens, 1)
        case "constant":
            return masked_sum(losses_N_T, mask_N_T) / (max(size.responses, 1) * size.longest)
        case "seq_sum_mean":
            return masked_sum(losses_N_T, mask_N_T) / max(size.responses, 1)
        case _:
            assert_never(how)
