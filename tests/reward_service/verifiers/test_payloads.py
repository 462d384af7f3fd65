"""No verifier runs what it reads: strings made to be executed, in every place that holds text, leave no trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reward_service.embedded import child_environment
from reward_service.verifiers import registry

# Each would make the file "executed", if anything evaluated, unpickled, rendered or ran it.
PAYLOADS = (
    "__import__('os').system('touch executed')",
    "exec(\"open('executed','w').write('1')\")",
    "(lambda: open('executed', 'w').write('1'))()",
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0]('touch executed', shell=True)",
    "sympify(\"__import__('pathlib').Path('executed').touch()\")",
    "Symbol('x').__class__.__init__.__globals__['__builtins__']['open']('executed', 'w')",
    "$(touch executed) `touch executed` ; touch executed | touch executed && touch executed",
    r"\immediate\write18{touch executed} \input{|touch executed} \openout0=executed \write0{1}",
    "{{ cycler.__init__.__globals__.os.popen('touch executed').read() }} ${open('executed','w')} #{`touch executed`}",
    "{0.__class__.__init__.__globals__[os].system}",
    "!!python/object/apply:os.system ['touch executed']",
    "cos\nsystem\n(S'touch executed'\ntR.",
    '{"__reduce__": ["os.system", "touch executed"], "action": "__import__(\'os\').system(\'touch executed\')"}',
    "<script>fetch('file:///etc/passwd')</script><img src=x onerror=alert(1)>",
    'f\'{open("executed", "w")}\'',
    "x = y if open('executed', 'w') else z",
    "(?{ system('touch executed') })",
)
PLACES = ("{}", "\\boxed{{{}}}", "<think>{}</think><answer>{}</answer>", "Step 1: {}\nThe final answer is: {}")
# What the verifiers want beside a text; those that are not named want nothing.
PARAMETERS: dict[str, dict[str, object]] = {
    "step_accuracy": {"key_steps": ["{}"]},
    "steps": {"key_steps": ["{}"]},
    "format": {"style": "json", "keys": ["{}"]},
    "length": {"length": 10},
}

RUN = """
import json, sys
from pathlib import Path
sys.dont_write_bytecode = True
from reward_service.limits import Budget
from reward_service.types import Choice, Reference, Status
from reward_service.verifiers import registry
from reward_service.errors import WorkLimitExceeded
from reward_service.worker_host import preload

preload(ours=True)
given = json.load(sys.stdin)
seen = []

def hook(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    evaluates = event == "compile" and str(arguments[1]).startswith("<")
    if writes or evaluates or event in given["events"]:
        seen.append(f"{event} {str(arguments)[:200]}")

def filled(value, payload):
    if isinstance(value, list):
        return [filled(part, payload) for part in value]
    return value.replace("{}", payload) if isinstance(value, str) else value

prepared = []  # the types of parameters are read from their annotations once, by compiling them
for name in given["verifiers"]:
    verifier = registry.get(name)
    for payload in given["payloads"]:
        values = {key: filled(value, payload) for key, value in given["parameters"].get(name, {}).items()}
        prepared.append((name, verifier, payload, registry.parameters_for(verifier, values)))

def run_all():
    checks = 0
    for name, verifier, payload, parameters in prepared:
        references = (
            Reference(answer="4"),
            Reference(answer=payload, question=payload, unit=payload),
            Reference(answer="A", choices=(Choice(label="A", text=payload), Choice(label="B", text="cat"))),
            Reference(answer="[0, 0, 5, 5]"),
            Reference(answer='{"action": "click", "text": "x"}'),
        )
        for place in given["places"]:
            for reference in references:
                try:
                    verdict = registry.run(verifier, place.replace("{}", payload), reference, parameters, Budget())
                except WorkLimitExceeded:
                    continue
                # Of those that ask another model, which is not there, that leave all to a judge, or want a table.
                known = verdict.rule in ("judge.unavailable", "judge.needed", "likeliest.table")
                assert known or verdict.status is not Status.ERROR, (name, payload, verdict)
                checks += 1
    return checks

sys.addaudithook(hook)
checks = run_all()
seen = list(seen)
print(json.dumps({"checks": checks, "seen": seen, "left": [path.name for path in Path().iterdir()]}))
"""
EVENTS = [
    "os.system",
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "pty.spawn",
    "pickle.find_class",
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    given = {
        "verifiers": sorted(registry.MODULES),
        "payloads": PAYLOADS,
        "places": [place.replace("{{", "{").replace("}}", "}") for place in PLACES],
        "parameters": PARAMETERS,
        "events": EVENTS,
    }
    folder: Path = tmp_path_factory.mktemp("empty")
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=folder,
        env=child_environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_no_verifier_executes_what_it_reads(outcome: dict[str, object]) -> None:
    assert outcome["seen"] == []
    assert outcome["left"] == []


def test_every_verifier_was_shown_every_payload(outcome: dict[str, object]) -> None:
    assert isinstance(outcome["checks"], int)
    assert outcome["checks"] > 0.95 * len(registry.MODULES) * len(PAYLOADS) * len(PLACES) * 5
