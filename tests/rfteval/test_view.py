"""The server of runs: on this machine only, nothing outside of its folder, two runs paired without losing any."""

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfteval.errors import UsageError
from rfteval.pages.gallery import StoredGallery, gallery_of
from rfteval.pages.write import write_pages
from rfteval.view.runs import find_runs
from rfteval.view.server import open_server
from rfteval.view.side_by_side import KINDS, pair
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import sample

Get = Callable[..., tuple[int, dict[str, str], str]]


def make_run(directory: Path, wrong: set[int], count: int = 8, unscored: int = -1) -> Path:
    samples = [sample(number) for number in range(count)]
    texts = ["hang" if n == unscored else str(n + 1000 * (n in wrong)) for n in range(count)]
    store(directory, samples, [record(each, text) for each, text in zip(samples, texts, strict=True)])
    write_pages(directory)
    return directory


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, a run in a folder of it, a damaged one, and a secret beside it."""
    parent = tmp_path_factory.mktemp("served")
    (parent / "secret").mkdir()
    (parent / "secret" / "report.html").write_text("SECRET")
    (parent / "secret" / "report.json").write_text("{}")
    root = parent / "runs"
    make_run(root / "first", {1, 2})
    make_run(root / "deep" / "er" / "second", {2, 3, 4}, unscored=5)
    make_run(root / "nothing & <odd> ünï'\"", set(), count=2)
    (root / "damaged").mkdir()
    (root / "damaged" / "report.json").write_text('{"benchmark": 1')
    (root / "linked").symlink_to(parent / "secret")
    (root / "linking").mkdir()
    (root / "linking" / "report.json").symlink_to(root / "first" / "report.json")
    (root / "first" / "extra.html").write_text("EXTRA")
    return root


@contextmanager
def serving(root: Path) -> Iterator[Get]:
    with open_server(root, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]

        def get(path: str, *, host: str = f"127.0.0.1:{port}", method: str = "GET") -> tuple[int, dict[str, str], str]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if host:
                connection.putheader("Host", host)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
            connection.close()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

        yield get
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def get(root: Path) -> Iterator[Get]:
    with serving(root) as found:
        yield found


def test_every_run_is_listed_and_what_is_damaged_with_its_reason(root: Path, get: Get) -> None:
    status, headers, body = get("/")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    for name in ("first", "deep/er/second"):
        assert f'href="/run?name={quote(name, safe="")}"' in body
    assert "is damaged" in body and "is a symbolic link" in body
    assert "secret" not in body and "linked" not in body
    assert "nothing &amp; &lt;odd&gt; ünï&#39;&#34;" in body
    assert {run.name for run in find_runs(root) if not run.problem} == {
        "first",
        "deep/er/second",
        "nothing & <odd> ünï'\"",
    }


def test_a_page_is_served_as_it_lies_there_in_an_origin_of_its_own(root: Path, get: Get) -> None:
    for name in ("first", "deep/er/second", "nothing & <odd> ünï'\""):
        status, headers, body = get(f"/run?{urlencode({'name': name})}")
        assert status == 200
        assert body.encode() == (root / name / "report.html").read_bytes()
        policy = headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts") and "allow-same-origin" not in policy
        assert "default-src 'none'" in policy and headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/run?name=../secret",
        "/run?name=linked",
        "/run?name=linking",
        "/run?name=damaged",
        "/run?name=first/../../secret",
        "/run?name=%2e%2e%2fsecret",
        "/run?name=/etc",
        "/run?name=first%00",
        "/run?name=",
        "/run",
        "/run?name=first/extra.html",
        "/../secret/report.html",
        "/%2e%2e/secret/report.html",
        "/first/report.html",
        "//secret/report.html",
        "/diff?a=first",
        "/diff?a=first&b=../secret",
        "/favicon.ico",
        "/run?name=" + "a" * 5_000,
        "/run?name=%ff%fe",
    ],
)
def test_nothing_else_is_served(path: str, get: Get) -> None:
    status, _, body = get(path)
    assert status == 404
    assert "SECRET" not in body and "EXTRA" not in body and "root:" not in body
    assert "<h1>Runs" in body  # the list, with a word on what was not found


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_no_request_breaks_the_server(get: Get, path: str) -> None:
    status, _, body = get(f"/{path}")
    assert status in (200, 404)
    assert "SECRET" not in body


@pytest.mark.parametrize("host", ["evil.example:80", "127.0.0.1.evil.example:80", "", "evil.example", "[::1]:80"])
def test_only_requests_to_localhost_are_answered(host: str, get: Get) -> None:
    """A page elsewhere may point its own name at this machine (DNS rebinding)."""
    assert get("/", host=host)[0] == 403
    assert get("/", host="localhost:1")[0] == 200


def test_only_reading_is_possible(get: Get) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert get("/", method=method)[0] == 501
    status, headers, body = get("/", method="HEAD")
    assert status == 200 and body == "" and int(headers["content-length"]) > 1_000


def test_it_listens_on_the_loopback_interface_only(root: Path) -> None:
    with open_server(root, 0) as server:
        assert server.server_address[0] == "127.0.0.1"
        with pytest.raises(UsageError, match=r"port \d+ is taken by another program.*--port"):
            open_server(root, server.server_address[1])
    with pytest.raises(UsageError, match="no such folder"):
        open_server(root / "nowhere", 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open any port")
def test_a_port_of_the_system_is_refused_with_a_word(root: Path) -> None:
    with pytest.raises(UsageError, match="needs more rights"):
        open_server(root, 1)


def test_the_folder_is_read_anew_at_each_load(tmp_path: Path) -> None:
    with serving(tmp_path) as get:
        assert "no finished run" in get("/")[2]
        make_run(tmp_path / "late", set())
        assert "late" in get("/")[2]
        (tmp_path / "late" / "report.html").unlink()
        assert "no page: rfteval export RUN --format html" in get("/")[2]
        status, _, body = get("/run?name=late")
        assert status == 404 and "write it: rfteval export RUN --format html" in body
        (tmp_path / "late" / "report.json").unlink()
        assert get("/run?name=late")[0] == 404


def test_a_page_of_others_is_no_gallery(tmp_path: Path) -> None:
    make_run(tmp_path / "a", set())
    make_run(tmp_path / "b", set())
    with serving(tmp_path) as get:
        for content in ("<p>other", '<script type="application/json" id="data-gallery">{"samples": 1}</script>'):
            (tmp_path / "b" / "report.html").write_text(content)
            status, _, body = get("/diff?a=a&b=b")
            assert status == 404 and "is not readable" in body


def galleries(root: Path) -> tuple[StoredGallery, StoredGallery]:
    first, second = (gallery_of((root / name / "report.html").read_text()) for name in ("first", "deep/er/second"))
    return first, second


def test_pairs_say_who_is_right_and_leave_out_nothing(root: Path, get: Get) -> None:
    found = pair(*galleries(root))
    assert dict(found.counts) == {"first": 2, "second": 1, "both": 3, "neither": 1, "unscored": 1}
    assert (found.scored, found.only_first, found.only_second) == (7, 0, 0)
    assert found.first == pytest.approx(5 / 7) and found.second == pytest.approx(4 / 7)
    status, _, body = get("/diff?a=first&b=deep%2Fer%2Fsecond")
    assert status == 200
    assert "only A is right" in body and "\N{MINUS SIGN}14.29 points" in body and "1 are unscored in either" in body


@given(st.lists(st.booleans() | st.none(), max_size=9), st.lists(st.booleans() | st.none(), max_size=9))
def test_every_response_of_both_is_in_one_pair_or_counted_alone(
    one: list[bool | None], other: list[bool | None]
) -> None:
    def gallery(scores: list[bool | None]) -> StoredGallery:
        samples = [{"id": f"s{n}", "prompt": [], "pictures": [], "tags": {}} for n in range(len(scores))]
        items = [
            {
                "sample": n,
                "index": 0,
                "score": None if s is None else float(s),
                "status": "CORRECT" if s else "INCORRECT",
            }
            for n, s in enumerate(scores)
        ]
        return StoredGallery(samples=samples, items=items, pictures={})

    found, back = pair(gallery(one), gallery(other)), pair(gallery(other), gallery(one))
    assert sum(found.counts.values()) + found.only_first == len(one)
    assert sum(found.counts.values()) + found.only_second == len(other)
    assert list(found.counts) == list(KINDS)
    assert found.counts["first"] == back.counts["second"] and found.counts["both"] == back.counts["both"]
    if found.first is not None and found.second is not None:
        gap = (found.counts["second"] - found.counts["first"]) / found.scored
        assert found.second - found.first == pytest.approx(gap)


def test_runs_with_several_responses_pair_by_index(tmp_path: Path) -> None:
    one, two = sample(1), sample(2)
    store(tmp_path / "a", [one, two], [record(one, "1"), record(one, "9", index=1), record(two, "2")])
    store(tmp_path / "b", [two, one], [record(one, "9"), record(one, "1", index=1)])
    for name in ("a", "b"):
        write_pages(tmp_path / name)
    found = pair(*(gallery_of((tmp_path / name / "report.html").read_text()) for name in ("a", "b")))
    rows = json.loads(json.dumps(found.data))["pairs"]
    assert [(row["index"], row["kind"]) for row in rows] == [(0, "first"), (1, "second"), (0, "unscored")]


def test_two_clients_are_answered_at_once(root: Path) -> None:
    """One that says nothing does not hold up another."""
    with open_server(root, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with socket.create_connection(("127.0.0.1", server.server_address[1])):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()
        server.shutdown()
        thread.join(10)
