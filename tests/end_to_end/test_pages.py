"""Pages in a real browser: what a model wrote is text and nothing else, and what a reader needs works.

Every text of a run is hostile here: ids, questions, options, responses, reasons, groups, settings. The payloads call
`alert`, change the title, or ask for an address; the browser reports all of these.
"""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image as Picture

from reward_service.types import Choice, Reference, Status, Verdict
from rfteval.pages.write import write_pages
from rfteval.types import Image, Sample
from tests.chromium import BrowserError, Tab, browser_path, browsing
from tests.end_to_end.conftest import Command
from tests.rfteval.pages.stored import record, store
from tests.rfteval.small_benchmark import benchmark, sample

PAYLOADS = (
    "<script>alert('owned')</script>",
    "</script><script>alert('owned')</script>",
    "<!--<script>alert('owned')//-->",
    "<img src=x onerror=alert('owned')>",
    "<svg onload=alert('owned')><animate onbegin=alert('owned') attributeName=x dur=1s>",
    "\"><svg/onload=alert('owned')>",
    "' onmouseover=alert('owned') autofocus onfocus=alert('owned') x='",
    "javascript:alert('owned')",
    "<a href=\"javascript:alert('owned')\">a link</a>",
    "<iframe srcdoc=\"<script>parent.alert('owned')</script>\"></iframe>",
    "<base href='http://127.0.0.1:9/'><form action='//127.0.0.1:9'><button>send</button></form>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<link rel=stylesheet href='http://127.0.0.1:9/x.css'><style>@import 'http://127.0.0.1:9/y.css';*{display:none}</style>",
    "<object data='data:text/html,<script>alert(1)</script>'></object><embed src='http://127.0.0.1:9/'>",
    "<math><mtext></p></math><title></title><style><img title=\"</style><img src onerror=alert('owned')>\">",
    "<details open ontoggle=alert('owned')><summary>x</summary></details><dialog open>gotcha</dialog>",
    "{{ 7 * 7 }}{% include 'page.html' %}${alert('owned')}<%= 7 * 7 %>",
    "\u2028alert('owned')\u2029//\x00\x1b[31m\ud800\U0001f600",
    "\u202egnirts desrever\u202c \u2066 isolated",
    "]]></svg></style></textarea></noscript></template><img src=//127.0.0.1:9/z>",
)
ALLOWED_SCRIPTS = "script:not([type='application/json'])"
FOREIGN = (
    "iframe, object, embed, base, form, math, textarea, animate, meta[http-equiv='refresh'], link:not([rel='icon'])"
)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """One browser for all tests; they are skipped where there is none."""
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium here: install one, as `apt-get install chromium`, to check pages in it")
    with browsing(path) as found:
        found.resize(1280)
        yield found


def picture(color: str = "orange") -> Image:
    buffer = io.BytesIO()
    Picture.new("RGB", (64, 48), color).save(buffer, "PNG")
    return Image(data=buffer.getvalue())


def hostile_sample(number: int, payload: str) -> Sample:
    return sample(
        number,
        id=f"s{number}{payload}",
        question=payload,
        reference=Reference(
            answer=payload,
            unit=payload,
            choices=(Choice(label="A", text=payload), Choice(label="B", text="fine")),
            question=payload,
        ),
        images=(picture(), Image(data=payload.encode(errors="replace"))),
        tags={"parity": payload, "skills": (payload, "a"), payload: payload},
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run all of whose texts are payloads."""
    folder = tmp_path_factory.mktemp("hostile")
    samples = [hostile_sample(number, payload) for number, payload in enumerate(PAYLOADS)]
    records = []
    for number, (each, payload) in enumerate(zip(samples, PAYLOADS, strict=True)):
        scored = number % 4 != 3
        verdict = Verdict(
            status=Status.INCORRECT if scored else Status.CRASHED,
            score=0.0 if scored else None,
            extracted=payload if scored else None,
            reason=payload,
            rule=payload,
            extraction_rule=payload,
            verifier=payload,
            version=payload,
            digest=payload,
            flags=(payload,),
        )
        text = f"<think>{payload}</think>{payload} so {payload}<|im_end|>{payload}"
        records.append(record(each, text, verdict=verdict, finish="length", official=True))
    store(folder, samples, records, model=PAYLOADS[0], prompt=PAYLOADS[1], **{PAYLOADS[3]: PAYLOADS[5]})
    write_pages(folder, [image for each in samples for image in each.images])
    return folder / "report.html"


def assert_only_text(tab: Tab, address: str) -> None:
    """Nothing ran, nothing was fetched or refused, and no element is there that a page of ours does not make."""
    assert tab.dialogs == []
    assert tab.requests == [address]
    assert tab.complaints == []
    assert tab.evaluate(f"document.querySelectorAll({json.dumps(FOREIGN)}).length") == 0
    assert tab.evaluate(f"document.querySelectorAll({json.dumps(ALLOWED_SCRIPTS)}).length") == 1
    assert tab.evaluate("document.querySelectorAll('style').length") == 1
    handlers = (
        "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith('on'))"
    )
    assert tab.evaluate(f"{handlers}.length") == 0
    links = "[...document.querySelectorAll('a, link')].map((a) => a.getAttribute('href'))"
    assert all(link.startswith("#") or link == "data:," for link in tab.evaluate(links))


def test_the_browser_tells_what_a_page_tries(tab: Tab, tmp_path: Path) -> None:
    """The checks here would pass on anything if they were blind."""
    page = tmp_path / "open.html"
    page.write_text(
        "<title>open</title><script>alert('owned')</script><img src='http://127.0.0.1:9/x'><iframe></iframe>"
    )
    tab.open(page.as_uri())
    tab.settle()
    assert tab.dialogs == ["owned"]
    assert "http://127.0.0.1:9/x" in tab.requests
    assert tab.complaints
    with pytest.raises(AssertionError):
        assert_only_text(tab, page.as_uri())


def test_what_a_model_wrote_is_only_ever_text(tab: Tab, hostile: Path) -> None:
    tab.open(hostile.as_uri())
    tab.settle()
    assert tab.evaluate("document.querySelectorAll('.card').length") == len(PAYLOADS)
    assert_only_text(tab, hostile.as_uri())
    for number, payload in enumerate(PAYLOADS):
        sample_id = f"s{number}{payload}".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        tab.evaluate(f"location.hash = 'sample=' + encodeURIComponent({json.dumps(sample_id)})")
        tab.evaluate("new Promise((done) => setTimeout(() => done(1), 20))")
        tab.evaluate("document.querySelectorAll('dialog details').forEach((each) => { each.open = true; })")
        if "\ud800" not in payload:  # half a character cannot stand in an address
            shown = tab.evaluate("document.querySelector('dialog[open] .response').textContent")
            assert payload in shown, number
    assert_only_text(tab, hostile.as_uri())
    assert tab.evaluate("document.title").startswith("sums test: <script>")


def test_an_address_is_only_ever_text(tab: Tab, hostile: Path) -> None:
    """A link that somebody sends is hostile as well."""
    for payload in PAYLOADS[3:6]:
        names = ("q", "tag", "status", "mark", "sort", "sample", "index")
        tab.open("about:blank")
        tab.open(f"{hostile.as_uri()}#{'&'.join(f'{name}={quote(payload)}' for name in names)}")
        for name in names:
            tab.evaluate(f"location.hash = {json.dumps(f'{name}={quote(payload)}')}")
        tab.settle()
        assert_only_text(tab, hostile.as_uri())


def test_the_policy_refuses_what_a_slip_would_let_in(tab: Tab, hostile: Path) -> None:
    tab.open(hostile.as_uri())
    with pytest.raises(BrowserError, match="TrustedHTML"):
        tab.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")
    tab.evaluate("document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.1:9/x' }))")
    tab.evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'), { src: 'http://127.0.0.1:9/' }))"
    )
    tab.evaluate("fetch('http://127.0.0.1:9/').catch(() => 1)")
    tab.settle()
    refused = [text for text in tab.complaints if "Content Security Policy" in text]
    assert len(refused) >= 3
    assert tab.dialogs == []


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of 120 sums, every third wrong, one hanging, one failed, some with two responses."""
    folder = tmp_path_factory.mktemp("plain")
    samples = [dataclasses.replace(sample(number), images=(picture(),)) for number in range(120)]
    records = []
    for number, each in enumerate(samples[:-1]):
        text = "hang" if number == 5 else str(number if number % 3 else number + 1)
        error = "the server hung up" if number == 6 else None
        records.append(record(each, text, error=error, official=number % 3 != 1))
        if number < 10:
            records.append(record(each, str(number), index=1))
    store(folder, samples, records, benchmark=benchmark(120))
    write_pages(folder, [image for each in samples for image in each.images])
    return folder / "report.html"


def count(tab: Tab) -> str:
    return str(tab.evaluate("document.querySelector('.found').textContent"))


def test_filters_search_and_links_find_samples(tab: Tab, plain: Path) -> None:
    tab.open(plain.as_uri())
    tab.settle()
    assert count(tab) == "130 responses"
    assert tab.evaluate("document.querySelectorAll('.card').length") < 130  # drawn as they are scrolled to
    tab.evaluate("[...document.querySelectorAll('.toggle')].find((b) => b.textContent.startsWith('wrong')).click()")
    wrong = int(count(tab).split()[0])
    assert 30 < wrong < 50
    assert "status=INCORRECT" in tab.evaluate("location.hash")
    tab.evaluate("document.querySelector('#groups a[href*=odd]').click()")
    tab.settle()
    assert tab.evaluate("document.querySelector('.controls select').value") == "parity:odd"
    tab.evaluate("document.querySelector('.clear').click()")
    assert count(tab) == "130 responses"
    tab.evaluate("document.querySelector('[type=search]').value = 'What is 77?'")
    tab.evaluate("document.querySelector('[type=search]').dispatchEvent(new Event('input'))")
    tab.settle()
    assert count(tab) == "1 of 130 responses"
    assert tab.complaints == []


def test_a_permalink_opens_its_response_and_keys_go_on(tab: Tab, plain: Path) -> None:
    tab.open("about:blank")
    tab.open(f"{plain.as_uri()}#sample=s3&index=1")
    tab.settle()
    title = "document.querySelector('dialog[open] h2').textContent"
    assert tab.evaluate(title) == "Sample s3, response 1"
    tab.press("ArrowRight")
    assert tab.evaluate(title) == "Sample s4, response 0"
    assert tab.evaluate("location.hash") == "#sample=s4"
    tab.press("Escape")
    tab.settle()
    assert tab.evaluate("document.querySelector('dialog').open") is False
    assert "sample" not in tab.evaluate("location.hash").replace("#samples", "")
    tab.press("/")
    assert tab.evaluate("document.activeElement.type") == "search"


def test_unscored_stands_beside_every_accuracy(tab: Tab, plain: Path) -> None:
    tab.open(plain.as_uri())
    head = tab.evaluate("document.querySelector('.headline').textContent")
    assert "3 unscored" in head and "TIMEOUT 1" in head and "MODEL_ERROR 1" in head and "NO_RESPONSE 1" in head
    for table in tab.evaluate("[...document.querySelectorAll('table.shares thead')].map((e) => e.textContent)"):
        assert "unscored" in table


@pytest.mark.parametrize("width", [340, 768, 1280])
def test_nothing_sticks_out_at_any_width(tab: Tab, hostile: Path, plain: Path, width: int) -> None:
    tab.resize(width)
    for page in (plain, hostile):
        tab.open(page.as_uri())
        tab.settle()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.evaluate("document.querySelector('.card').click()")
        tab.settle()
        assert (
            tab.evaluate(
                "(() => { const d = document.querySelector('dialog'); return d.scrollWidth - d.clientWidth; })()"
            )
            <= 0
        )
    tab.resize(1280)


def test_everything_has_a_name_for_those_who_do_not_see_it(tab: Tab, plain: Path) -> None:
    tab.open(plain.as_uri())
    tab.settle()
    assert tab.evaluate("document.documentElement.lang") == "en"
    assert tab.evaluate("[...document.querySelectorAll('svg')].every((s) => s.getAttribute('aria-label'))")
    assert tab.evaluate("[...document.querySelectorAll('img')].every((i) => i.hasAttribute('alt'))")
    unnamed = (
        "[...document.querySelectorAll('input, select, button')].filter((e) => !e.ariaLabel && !e.textContent.trim())"
    )
    assert tab.evaluate(f"{unnamed}.length") == 0
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    levels = tab.evaluate("[...document.querySelectorAll('main h2, main h3, h1')].map((h) => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1


@pytest.fixture(scope="module")
def viewed(hostile: Path, plain: Path) -> Iterator[str]:
    """The address of `rfteval view` over a folder with the two runs above, and another one that differs in flips."""
    root = plain.parent.parent / "viewed"
    for name, source in (("hostile", hostile), ("also-hostile", hostile), ("plain", plain)):
        shutil.copytree(source.parent, root / name)
    command = [sys.executable, "-m", "rfteval", "view", str(root), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split(" at ")[1].split()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    shutil.rmtree(root)


def test_the_list_of_runs_sorts_filters_and_leads_to_two_side_by_side(tab: Tab, viewed: str) -> None:
    tab.open(viewed)
    names = "[...document.querySelectorAll('#runs tbody tr:not([hidden])')].map((row) => row.dataset.name)"
    assert sorted(tab.evaluate(names)) == ["also-hostile", "hostile", "plain"]
    tab.evaluate("document.querySelector('[data-sort=name]').click()")
    assert tab.evaluate(names) == ["also-hostile", "hostile", "plain"]
    tab.evaluate("document.querySelector('[data-sort=accuracy]').click()")
    assert tab.evaluate(names)[0] == "plain"
    tab.evaluate("document.querySelector('#filter').value = 'plain'")
    tab.evaluate("document.querySelector('#filter').dispatchEvent(new Event('input'))")
    assert tab.evaluate(names) == ["plain"]
    assert tab.evaluate("document.querySelector('#compare').disabled") is True
    tab.evaluate("document.querySelectorAll('input[name=a]')[0].click()")
    tab.evaluate("document.querySelectorAll('input[name=b]')[1].click()")
    tab.browser.events.clear()
    tab.evaluate("document.querySelector('#compare').click()")
    tab.browser.wait_for("Page.loadEventFired", tab.session)
    assert tab.evaluate("location.pathname") == "/diff"
    assert tab.evaluate("document.querySelectorAll('.sides-head .panel').length") == 2


def test_hostile_runs_side_by_side_are_only_text(tab: Tab, viewed: str) -> None:
    address = f"{viewed}diff?a=hostile&b=also-hostile"
    tab.open(address)
    tab.settle()
    assert tab.evaluate("document.querySelectorAll('.card').length") == len(PAYLOADS)
    tab.evaluate("document.querySelector('.card').click()")
    tab.settle()
    assert tab.evaluate("document.querySelectorAll('dialog[open] .response').length") >= 2
    links = "[...document.querySelectorAll('a')].map((a) => a.getAttribute('href')).filter((a) => !a.startsWith('#'))"
    assert tab.evaluate(links) == ["/"]
    assert tab.dialogs == [] and tab.complaints == [] and tab.requests == [address]
    assert tab.evaluate(f"document.querySelectorAll({json.dumps(FOREIGN)}).length") == 0


def test_a_served_page_works_and_reaches_nothing(tab: Tab, viewed: str) -> None:
    """In a sandbox its scripts run, permalinks open, and other runs are out of reach."""
    tab.open(f"{viewed}run?name=plain#sample=s3")
    tab.settle()
    assert tab.evaluate("document.querySelector('dialog[open] h2').textContent") == "Sample s3, response 0"
    tab.evaluate("document.querySelector('dialog').close()")
    tab.settle()
    assert tab.complaints == []
    assert tab.evaluate("self.origin") == "null"
    assert tab.evaluate("fetch('/').then(() => 'read', () => 'refused')") == "refused"


def test_a_port_in_use_is_named(rfteval: Command, viewed: str, tmp_path: Path) -> None:
    port = viewed.rstrip("/").rpartition(":")[2]
    said = rfteval("view", tmp_path, "--port", port, "--no-browser", code=2).stderr
    assert f"port {port} is taken" in said and "--port" in said
