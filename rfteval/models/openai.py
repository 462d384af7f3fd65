"""The backend `openai`: any server with OpenAI's chat completions, such as vLLM, SGLang, llama.cpp or a provider.

One request a response, so that each has its own seed; pictures travel as data URLs, in their places in the text. What
a server returns as reasoning apart from the content is kept apart.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rfteval.errors import ImageError, ModelError, UsageError
from rfteval.images import encode
from rfteval.models.asked import Wanted, images_of
from rfteval.models.backend import ModelRequest
from rfteval.models.endpoints import Endpoints, RefusedError, RequestError, UnreachableError
from rfteval.models.workers import work_through
from rfteval.types import Message, Prompt, Response, Sampling, TextPart

OPENAI_URL = "https://api.openai.com/v1"
CONCURRENCY = 16
TIMEOUT_S = 600.0
ATTEMPTS = 6
_CONTEXT = re.compile(r"max_model_len|context.(?:length|window)|maximum context", re.IGNORECASE)
_FINISHES = {"stop": "stop", "length": "length", "eos": "stop", "max_tokens": "length"}


class OpenaiModel:
    """A model behind one or several servers."""

    def __init__(self, request: ModelRequest) -> None:
        """Raises UsageError where there is no address, or a named variable holds no key."""
        options = request.options
        self._name = request.name
        self._label = request.label
        self._deciding = request.deciding
        self._urls = _urls(options.get("base_url"))
        self._headers = _headers(options.get("api_key_env"), self._urls)
        self._concurrency = int(str(options.get("concurrency", CONCURRENCY)))
        self._timeout_s = float(str(options.get("timeout_s", TIMEOUT_S)))
        self._attempts = int(str(options.get("attempts", ATTEMPTS)))
        self._limit_field = str(options.get("max_tokens_field", "max_tokens"))
        extra = options.get("body", {})
        assert isinstance(extra, dict)
        self._extra = extra

    @property
    def identity(self) -> Mapping[str, object]:
        """The model's name and what is merged into every request. Not the addresses: a server may move."""
        return {
            "model": self._label,
            "backend": "openai",
            **({"model_options": dict(self._deciding)} if self._deciding else {}),
        }

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> AsyncIterator[Response]:
        """See Model.generate. At most `concurrency` requests are under way; a slow one holds up no other."""
        endpoints = Endpoints(
            self._urls,
            headers=self._headers,
            timeout_s=self._timeout_s,
            attempts=self._attempts,
            connections=self._concurrency,
        )

        async def ask(wanted: Wanted) -> Response:
            return await self._ask(wanted, sampling, endpoints)

        try:
            async for response in work_through(prompts, sampling, ask, self._concurrency):
                yield response
        finally:
            await endpoints.close()

    async def _ask(self, wanted: Wanted, sampling: Sampling, endpoints: Endpoints) -> Response:
        try:
            messages = await asyncio.to_thread(messages_of, wanted.prompt)
            return response_of(wanted, await self._post(endpoints, self._body(messages, wanted, sampling)))
        except UnreachableError as error:
            if not endpoints.answered:
                raise ModelError(f"{error}; start the server or correct --base-url, and run the same again") from None
            return wanted.failed(str(error))
        except (RequestError, ImageError) as error:
            return wanted.failed(str(error))

    async def _post(self, endpoints: Endpoints, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return await endpoints.post("/chat/completions", body)
        except RefusedError as error:
            if self._limit_field not in body or not _CONTEXT.search(str(error)):
                raise
        # Prompt and longest response together are over the context. What is left of it is less than the limit, and
        # is what a server gives where none is named; a prompt that is too long alone is refused once more.
        rest = {name: value for name, value in body.items() if name != self._limit_field}
        return await endpoints.post("/chat/completions", rest)

    def _body(self, messages: list[dict[str, Any]], wanted: Wanted, sampling: Sampling) -> dict[str, Any]:
        """The request. What only some servers know is in it only where it is asked for."""
        body: dict[str, Any] = {
            "model": self._name,
            "messages": messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit_field: sampling.max_tokens,
            "seed": wanted.seed,
            "stop": list(sampling.stop) or None,
            "top_k": sampling.top_k,
            "min_p": sampling.min_p,
            "repetition_penalty": sampling.repetition_penalty,
            "thinking_token_budget": sampling.thinking_budget,
        }
        if sampling.thinking is not None:
            body["chat_template_kwargs"] = {"enable_thinking": sampling.thinking}
        return {name: value for name, value in {**body, **self._extra}.items() if value is not None}


def messages_of(prompt: Prompt) -> list[dict[str, Any]]:
    """The messages as they are sent. Raises ImageError. A prompt without pictures is plain text, for simple servers."""
    plain = not images_of(prompt)
    return [{"role": message.role, "content": _content(message, plain=plain)} for message in prompt.messages]


def _content(message: Message, *, plain: bool) -> str | list[dict[str, Any]]:
    if plain:
        return "".join(part.text for part in message.parts if isinstance(part, TextPart))
    parts: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            parts.append({"type": "text", "text": part.text})
        else:
            kind, data = encode(part.image)
            url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts


def response_of(wanted: Wanted, answer: Mapping[str, Any]) -> Response:
    """The response in a server's answer. Raises RequestError where it holds none."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        reason = choice.get("finish_reason")
        content = message.get("content")
        usage = answer.get("usage") or {}
        thought = message.get("reasoning_content") or message.get("reasoning")
        refusal = message.get("refusal")
        prompt_tokens, response_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise RequestError(f"the server's answer holds no response: {str(answer)[:120]}") from None
    if isinstance(content, list):  # some servers answer in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is None and isinstance(refusal, str):
        content = refusal
    if content is None and not isinstance(thought, str):
        raise RequestError(f"the server returned no text (finish reason {reason!r})")
    if reason == "content_filter":
        raise RequestError("the server withheld the response (finish reason 'content_filter')")
    if content is not None and not isinstance(content, str):
        raise RequestError(f"the server's answer has a content that is no text: {str(content)[:80]}")
    return Response(
        sample_id=wanted.prompt.sample_id,
        index=wanted.index,
        text=content or "",
        finish_reason=_FINISHES.get(str(reason), "unknown"),  # type: ignore[arg-type]
        prompt_tokens=prompt_tokens if isinstance(prompt_tokens, int) else None,
        response_tokens=response_tokens if isinstance(response_tokens, int) else None,
        reasoning=thought if isinstance(thought, str) and thought else None,
        seed=wanted.seed,
    )


def _urls(given: object) -> list[str]:
    text = str(given or os.environ.get("OPENAI_BASE_URL") or "")
    urls = [url.strip() for url in text.split(",") if url.strip()]
    if not urls and os.environ.get("OPENAI_API_KEY"):
        return [OPENAI_URL]
    if not urls:
        raise UsageError("no server is named; give its address, such as --base-url http://127.0.0.1:8000/v1")
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError(f"--base-url must be as http://HOST:PORT/v1, got {url!r}")
    return urls


def _headers(variable: object, urls: Sequence[str]) -> dict[str, str]:
    """The key's header. The key for OpenAI goes to OpenAI, or where the environment says; others must be named."""
    if variable is not None:
        key = os.environ.get(str(variable))
        if not key:
            raise UsageError(f"the environment variable {variable} (option api_key_env) is not set")
    elif all(url.startswith(OPENAI_URL) or url in os.environ.get("OPENAI_BASE_URL", "").split(",") for url in urls):
        key = os.environ.get("OPENAI_API_KEY")
    else:
        key = None
    return {"Authorization": f"Bearer {key}"} if key else {}
