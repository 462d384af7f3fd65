"""The contract: generated code is fresh, every element is documented and named by the rules, and v1 never breaks.

The rules are buf's STANDARD lint and FILE breaking rules as far as this one file needs them.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc_tools
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from grpc_tools import protoc

from reward_service import types
from reward_service.v1 import reward_pb2, reward_pb2_grpc

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "proto" / "reward_service" / "v1" / "reward.proto"
SNAPSHOT = ROOT / "tests" / "golden" / "reward_v1_fields.json"
FILE = reward_pb2.DESCRIPTOR
WELL_KNOWN = str(Path(grpc_tools.__file__).parent / "_proto")


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> descriptor_pb2.FileDescriptorProto:
    """The source file as protoc reads it, with comments and their places."""
    target = tmp_path_factory.mktemp("descriptor") / "reward.bin"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{WELL_KNOWN}", "--include_source_info"]
    assert protoc.main([*arguments, f"--descriptor_set_out={target}", "reward_service/v1/reward.proto"]) == 0
    files = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file
    assert len(files) == 1
    return files[0]


def test_generated_code_is_fresh(tmp_path: Path) -> None:
    """`make proto` with the pinned tools writes exactly what is committed."""
    places = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{WELL_KNOWN}", *places]
    assert protoc.main([*arguments, "reward_service/v1/reward.proto"]) == 0
    fresh = {path.name: path.read_text() for path in (tmp_path / "reward_service" / "v1").iterdir()}
    assert set(fresh) == {"reward_pb2.py", "reward_pb2.pyi", "reward_pb2_grpc.py"}
    committed = {name: (ROOT / "reward_service" / "v1" / name).read_text() for name in fresh}
    stale = [name for name in fresh if fresh[name] != committed[name]]
    assert not stale, "run `make proto` with the tools of constraints.txt"


def test_declared_dependencies_can_run_the_generated_code() -> None:
    """The generated code refuses an older protobuf or grpcio, so pyproject.toml must not admit one."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lowest = dict(re.fullmatch(r"([\w-]+)(?:>=([\d.]+))?", text).groups() for text in dependencies)  # type: ignore[union-attr]
    generated = (ROOT / "reward_service" / "v1" / "reward_pb2.py").read_text()
    protobuf = re.search(r"Protobuf Python Version: ([\d.]+)", generated)
    assert protobuf is not None
    assert _version(lowest["protobuf"]) >= _version(protobuf[1])
    assert _version(lowest["grpcio"]) >= _version(reward_pb2_grpc.GRPC_GENERATED_VERSION)


def _version(text: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (text or "0").split("."))


def test_proto_path_package_and_python_path_agree() -> None:
    assert FILE.name == SOURCE.relative_to(ROOT / "proto").as_posix()
    assert FILE.package == "/".join(FILE.name.split("/")[:-1]).replace("/", ".")
    assert FILE.package == reward_pb2.__name__.rpartition(".")[0]


def test_everything_is_commented(parsed: descriptor_pb2.FileDescriptorProto) -> None:
    comments = {tuple(place.path): place.leading_comments.strip() for place in parsed.source_code_info.location}
    elements = dict(_elements(parsed))
    assert len(elements) > 80
    silent = [name for path, name in elements.items() if len(comments.get(path, "").split()) < 2]
    assert not silent


def _elements(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    """(path in the descriptor, name) of every message, field, enum, value, service and method; none is nested."""
    for index, message in enumerate(file.message_type):
        assert not message.nested_type and not message.enum_type, f"{message.name}: put nested types at the top"
        yield (4, index), message.name
        for inner, field in enumerate(message.field):
            yield (4, index, 2, inner), f"{message.name}.{field.name}"
    for index, enum in enumerate(file.enum_type):
        yield (5, index), enum.name
        for inner, value in enumerate(enum.value):
            yield (5, index, 2, inner), value.name
    for index, service in enumerate(file.service):
        yield (6, index), service.name
        for inner, method in enumerate(service.method):
            yield (6, index, 2, inner), method.name


def messages() -> list[Descriptor]:
    return list(FILE.message_types_by_name.values())


def enums() -> list[EnumDescriptor]:
    return list(FILE.enum_types_by_name.values())


def fields() -> list[FieldDescriptor]:
    return [field for message in messages() for field in message.fields]


def test_names_follow_the_rules() -> None:
    pascal, snake, upper = r"[A-Z][A-Za-z0-9]*", r"[a-z][a-z0-9]*(_[a-z0-9]+)*", r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"
    wrong = [item.full_name for item in [*messages(), *enums()] if not re.fullmatch(pascal, item.name)]
    wrong += [field.full_name for field in fields() if not re.fullmatch(snake, field.name)]
    wrong += [value.name for enum in enums() for value in enum.values if not re.fullmatch(upper, value.name)]
    wrong += [method.full_name for method in _methods() if not re.fullmatch(pascal, method.name)]
    wrong += [name for name in FILE.services_by_name if not name.endswith("Service")]
    assert not wrong


def _methods() -> list[Any]:
    return [method for service in FILE.services_by_name.values() for method in service.methods]


def test_zero_of_every_enum_means_unspecified() -> None:
    for enum in enums():
        prefix = re.sub(r"(?<!^)([A-Z])", r"_\1", enum.name).upper() + "_"
        assert enum.values_by_number[0].name == f"{prefix}UNSPECIFIED"
        assert not [value.name for value in enum.values if not value.name.startswith(prefix)]


def test_every_method_has_its_own_request_and_response() -> None:
    used = [name for method in _methods() for name in (method.input_type.name, method.output_type.name)]
    assert len(used) == len(set(used))
    for method in _methods():
        assert method.input_type.name == f"{method.name}Request"
        assert method.output_type.name == f"{method.name}Response"


def test_repeated_fields_are_plural() -> None:
    assert not [field.full_name for field in fields() if field.is_repeated and not field.name.endswith("s")]


def test_a_number_that_may_be_absent_is_optional() -> None:
    """An absent score, reward, tolerance or weight is not 0, so each of them has presence on the wire."""
    numbers = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
    always_there = {"StepScore.score"}
    names = {f"{field.containing_type.name}.{field.name}" for field in fields() if field.type in numbers}
    present = {
        f"{field.containing_type.name}.{field.name}"
        for field in fields()
        if field.type in numbers and field.has_presence
    }
    assert names - present == always_there


def test_python_types_mirror_the_wire() -> None:
    """The enums of reward_service.types have the numbers of the contract, and its dataclasses the fields."""
    for enum, values in ((types.Status, reward_pb2.Status), (types.Tier, reward_pb2.Tier)):
        prefix = enum.__name__.upper() + "_"
        wire = {name.removeprefix(prefix): number for name, number in values.items() if number}
        assert wire == {member.name: member.value for member in enum}
    for name in ("Reference", "Choice", "Component", "ScoreItem", "ScoredItem", "Verdict", "StepScore", "VerifierInfo"):
        on_wire = [field.name for field in FILE.message_types_by_name[name].fields]
        assert sorted(on_wire) == sorted(getattr(types, name).__dataclass_fields__), name


def shape() -> dict[str, dict[str, str]]:
    """What v1 promises: every number with its name and type, and what is reserved."""
    found: dict[str, dict[str, str]] = {}
    for message in messages():
        found[message.name] = {str(field.number): _field_shape(field) for field in message.fields}
    for enum in enums():
        found[enum.name] = {str(value.number): value.name for value in enum.values}
    for method in _methods():
        streams = (method.client_streaming, method.server_streaming)
        found.setdefault("methods", {})[method.name] = (
            f"{method.input_type.name} -> {method.output_type.name}, streams {streams}"
        )
    return found


def _field_shape(field: FieldDescriptor) -> str:
    kinds = {number: name for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()}
    kind = kinds[field.type].removeprefix("TYPE_").lower()
    named = field.message_type or field.enum_type
    label = "repeated " if field.is_repeated else "optional " if field.has_presence and named is None else ""
    return f"{field.name}: {label}{named.full_name if named is not None else kind}"


def test_version_1_never_breaks(parsed: descriptor_pb2.FileDescriptorProto) -> None:
    """Whatever was promised still holds; a number that went away is reserved, so it is never used again.

    After adding to the contract: `python tests/test_proto.py` writes the new promise beside the old one.
    """
    promised = json.loads(SNAPSHOT.read_text())
    now = shape()
    reserved = {
        item.name: {number for span in item.reserved_range for number in range(span.start, span.end + 1)}
        for item in [*parsed.message_type, *parsed.enum_type]
    }
    broken = []
    for name, numbers in promised.items():
        if name not in now:
            broken.append(f"{name} went away")
            continue
        for number, what in numbers.items():
            kept = now[name].get(number)
            if kept is None and (name == "methods" or int(number) not in reserved.get(name, ())):
                broken.append(f"{name} {number} ({what}) went away and is not reserved")
            elif kept is not None and kept != what:
                broken.append(f"{name} {number} was {what!r}, is {kept!r}")
    assert not broken


def test_the_promise_is_up_to_date() -> None:
    """What was added since is in the snapshot too, or the next change could break it unseen."""
    promised = json.loads(SNAPSHOT.read_text())
    added = {
        f"{name} {number}: {what}"
        for name, numbers in shape().items()
        for number, what in numbers.items()
        if number not in promised.get(name, {})
    }
    assert not added, "run `python tests/test_proto.py` and commit the snapshot"


if __name__ == "__main__":
    kept = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    merged = {name: {**numbers, **kept.get(name, {})} for name, numbers in {**kept, **shape()}.items()}
    SNAPSHOT.write_text(json.dumps(merged, indent=1) + "\n")
    print(f"wrote {SNAPSHOT.relative_to(ROOT)}", file=sys.stderr)
