"""How likely a model would write each of a prompt's options: what is recorded of it, as the text of a response.

One JSON object, {"log_likelihoods": [...], "ends": [...], "tokens": [...]}, with an entry for each option in order:
the sum of the log-probabilities of its tokens after the prompt, that of the token that ends a turn behind them, and how
many tokens the option has, without that end. Which option is chosen, by sum or by mean, is a verifier's to say
(`likeliest_option`), so that one run is scored by each of these rules.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from rfteval.types import Response

DIGITS = 6  # behind the point; single precision has no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """Of one option: the natural log-likelihood of its text, of the end behind it, and its number of tokens."""

    log_likelihood: float
    end: float
    tokens: int


def response_of(sample_id: str, options: Sequence[Likely], prompt_tokens: int | None = None) -> Response:
    """The response that records `options`, or a failed one where a number is not finite."""
    if not all(math.isfinite(each.log_likelihood) and math.isfinite(each.end) for each in options):
        reason = "the model's logits are not finite; try another dtype, such as bfloat16"
        return Response(sample_id=sample_id, text="", finish_reason="error", error=reason)
    table = {
        "log_likelihoods": [round(each.log_likelihood, DIGITS) for each in options],
        "ends": [round(each.end, DIGITS) for each in options],
        "tokens": [each.tokens for each in options],
    }
    text = json.dumps(table, separators=(",", ":"))
    return Response(sample_id=sample_id, text=text, finish_reason="stop", prompt_tokens=prompt_tokens)
