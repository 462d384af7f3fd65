"""Ways to score that several benchmarks share: our own rules, a published rule, a judge."""

from __future__ import annotations

from reward_service.types import Component
from rfteval.benchmark import Profile
from rfteval.types import Response

RULES = Profile(
    name="rules",
    summary="the answer found in the response, compared by the kind of the reference",
    components=lambda sample: (Component(verifier="auto"),),
)


def official(verifier: str, summary: str, name: str = "official", **parameters: object) -> Profile:
    """The published rule, as a verifier that takes the whole response."""
    component = Component(verifier=verifier, parameters=parameters)
    return Profile(name=name, summary=summary, components=lambda sample: (component,))


def stored(verifier: str, summary: str, *, name: str, field: str, **parameters: object) -> Profile:
    """The published rule on an extraction that another model made, stored beside the response as `field`."""
    component = Component(verifier=verifier, parameters=parameters)

    def extraction(response: Response) -> str | None:
        return str(response.extras[field]) if field in response.extras else None

    return Profile(
        name=name,
        summary=summary,
        components=lambda sample: (component,),
        text=extraction,
        missing_text=f"the stored response has no {field}; score it with --profile rules",
    )


# For answers that a profile of rules leaves to a judge: no score, with the reason, and no need of a judge.
LEFT_TO_A_JUDGE = (Component(verifier="judge_alone"),)


def judged(rubric: str) -> Profile:
    """The judgement of a language model; the reward service must be configured with a judge."""
    component = Component(verifier="llm_judge", parameters={"rubric": rubric, "threshold": 1.0})
    summary = "a language model at the endpoint that the server is configured with, under the authors' criterion"
    return Profile(name="judge", summary=summary, components=lambda sample: (component,))
