"""The web server of `rfteval view`: on the loopback interface, reading only, from runs found at each request.

A run's page is served as it lies there, so it is held at arm's length: in an origin of its own (a sandbox), from which
it reaches neither the list nor other runs, with no connection to anywhere. Requests must name this server as their
host: a web page elsewhere that points a name of its own at 127.0.0.1 is refused.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from rfteval.errors import UsageError
from rfteval.pages.gallery import gallery_of
from rfteval.view.diff_page import diff_page
from rfteval.view.runs import FoundRun, find_runs
from rfteval.view.runs_page import runs_page

HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
# For pages that are files: their own policy, inside them, allows less; this one holds if they were made by others.
SANDBOX = (
    "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; frame-ancestors 'none'"
)

Query = Mapping[str, str]


class NotShownError(Exception):
    """What was asked for cannot be shown; the message tells the person in the browser why."""


def open_server(root: Path, port: int) -> ThreadingHTTPServer:
    """A server of the runs in `root`, bound to `port` of the loopback interface (0: any free one), not yet serving.

    Raises UsageError where `root` is no folder or the port is taken.
    """
    if not root.is_dir():
        raise UsageError(f"no such folder: {root}; name one that holds runs")
    handler = type("Handler", (_Handler,), {"root": root.resolve()})
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "is taken by another program, perhaps another `rfteval view`"
        elif error.errno == errno.EACCES:
            why = "needs more rights than you have"
        else:
            why = f"cannot be opened: {error.strerror}"
        raise UsageError(f"port {port} {why}; choose another with --port, or 0 for any free one") from None
    except OverflowError:
        raise UsageError(f"--port must be at most 65535, got {port}") from None


class _Handler(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    root: ClassVar[Path]
    protocol_version = "HTTP/1.1"
    server_version = "rfteval"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are not logged; the person who makes them sees the answers."""

    def _answer(self, *, with_body: bool) -> None:
        status, page, headers = self._page()
        body = page if isinstance(page, bytes) else page.encode()
        self.send_response(status)
        for name, value in {**HEADERS, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _page(self) -> tuple[HTTPStatus, str | bytes, Mapping[str, str]]:
        html = {"Content-Type": "text/html; charset=utf-8"}
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in NAMES:
            return HTTPStatus.FORBIDDEN, "this server answers only to localhost\n", {"Content-Type": "text/plain"}
        address = urlsplit(self.path)
        views: dict[str, Callable[[Query], tuple[str | bytes, Mapping[str, str]]]] = {
            "/": self._runs,
            "/run": self._run,
            "/diff": self._diff,
        }
        view = views.get(address.path)
        query = {name: values[-1] for name, values in parse_qs(address.query, errors="replace").items()}
        try:
            if view is None:
                raise NotShownError(f"There is no page {address.path!r} here.")
            page, headers = view(query)
            return HTTPStatus.OK, page, {**html, **headers}
        except NotShownError as problem:
            return HTTPStatus.NOT_FOUND, runs_page(str(self.root), find_runs(self.root), str(problem)), html

    def _runs(self, query: Query) -> tuple[str, Mapping[str, str]]:
        return runs_page(str(self.root), find_runs(self.root)), {}

    def _run(self, query: Query) -> tuple[bytes, Mapping[str, str]]:
        return _page_of(self._named(query, "name")), {"Content-Security-Policy": SANDBOX}

    def _diff(self, query: Query) -> tuple[str, Mapping[str, str]]:
        first, second = self._named(query, "a"), self._named(query, "b")
        galleries = []
        for run in (first, second):
            try:
                galleries.append(gallery_of(_page_of(run).decode("utf-8", "replace")))
            except (ValueError, KeyError, AttributeError) as error:
                remedy = "write it anew: rfteval export RUN --format html"
                raise NotShownError(f"The page of {run.name!r} is not readable ({error}); {remedy}") from None
        return diff_page(first, second, (galleries[0], galleries[1])), {}

    def _named(self, query: Query, parameter: str) -> FoundRun:
        """The run with the name in the query, among those that are there now: a name is never taken for a path."""
        name = query.get(parameter, "")
        for run in find_runs(self.root):
            if run.name == name and not run.problem:
                return run
        raise NotShownError(f"There is no run {name!r} here (any more)." if name else "Choose two runs to compare.")


def _page_of(run: FoundRun) -> bytes:
    if run.page is None:
        raise NotShownError(f"{run.name!r} has no page; write it: rfteval export RUN --format html")
    try:
        return run.page.read_bytes()
    except OSError as error:
        raise NotShownError(f"The page of {run.name!r} cannot be read: {error.strerror}.") from None
