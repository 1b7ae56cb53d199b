"""The portal as a new user meets it: ``manage.py run`` on an empty data folder, and a real Chromium in front."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, sync_playwright

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
ARTEFACTS = Path(settings.BASE_DIR) / "test-artefacts"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_LIMIT = 120  # seconds, a cold start on a busy machine included
UNSET = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DEMO", "SITE_URL"}
DATA = {"PORTAL_DATA": os.environ.get("PORTAL_DATA", ""), "PORT": ""}  # of the portal under test


@pytest.fixture(scope="session")
def portal(tmp_path_factory) -> Iterator[str]:
    """The address of a portal that was started with the one command, with the demo centre in it.

    ``PORTAL_UNDER_TEST`` names one that runs already, for whoever writes a journey and is in a hurry; its
    ``PORTAL_DATA`` has to be set as well where a journey lets time pass (``later``).
    """
    if running := os.environ.get("PORTAL_UNDER_TEST"):
        DATA["PORT"] = str(urlsplit(running).port)
        yield running
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("portal") / "log"
    DATA.update(PORT=str(port), PORTAL_DATA=str(tmp_path_factory.mktemp("data")))
    with log.open("w") as out:
        run = subprocess.Popen(
            [sys.executable, "manage.py", "run"], cwd=settings.BASE_DIR, env=_environment(), stdout=out, stderr=out
        )
        try:
            _wait_until_up(address, run, log)
            yield address
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(timeout=20)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in UNSET} | DATA


@pytest.fixture
def later(portal) -> Callable[..., str]:
    """Let time pass for one run, in a shell of the portal itself: ``later("number_is_out", run)``."""

    def pass_time(what: str, *args: object) -> str:
        given = ", ".join(repr(one) for one in args)
        code = f"from tests.journeys import passing; print(passing.{what}({given}))"
        command = [sys.executable, "manage.py", "shell", "-v0", "--no-imports", "-c", code]
        done = subprocess.run(
            command, check=False, cwd=settings.BASE_DIR, env=_environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return pass_time


def _wait_until_up(address: str, run: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        assert run.poll() is None, log.read_text()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if urllib.request.urlopen(f"{address}/healthz", timeout=2).status == 200:
                return
        time.sleep(0.2)
    pytest.fail(f"The portal did not come up:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is missing; `make test` brings it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser. What goes wrong on the way (script errors, foreign hosts) is gathered in ``complaints``."""

    page: Page
    portal: str
    trip: str
    complaints: list[str] = field(default_factory=list)
    stations: int = 0

    def go(self, path: str) -> None:
        self.page.goto(urljoin(self.portal, path))

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def look(self, name: str, *, axe: bool = True, known: frozenset[str] = frozenset()) -> None:
        """Keep a picture of the page and require that it is accessible and does not scroll sideways.

        ``known`` names the rules of axe that a stock page of Django's breaks.
        """
        self.stations += 1
        folder = ARTEFACTS / self.trip
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{self.stations:02}-{name}.png", full_page=True)
        assert self.page.locator("h1").count() == 1, f"{name}: one h1"
        if not axe:
            return
        # without preload: axe would copy imported style sheets into the page, which the policy forbids it to do
        found = Axe().run(self.page, options={"preload": False}).response["violations"]
        found = [one for one in found if one["id"] not in known]
        assert found == [], f"{name}: " + "; ".join(
            f"{one['id']} ({one['impact']}): {[node['target'] for node in one['nodes'][:3]]}" for one in found
        )
        sideways = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name}: {sideways}px wider than the window"

    def log_in(self, who: str) -> None:
        """Log in as one of the demo's people, with the second factor where one is asked for."""
        self.go("/accounts/login/")
        self.page.locator("main input[name=login]").fill(f"{who}@demo.example")
        self.page.locator("main input[type=password]").fill("demo-portal-1")
        press = self.page.locator("main").get_by_role("button", name="로그인", exact=True)
        press.click()
        used = ""
        while "/2fa/" in self.page.url:  # six digits open the door once; who comes twice waits for the next
            code = self.second_factor(who)
            if code == used:
                self.page.wait_for_timeout(1000)
                continue
            self.page.locator("input[name=code]").fill(code)
            press.click()
            used = code

    def second_factor(self, who: str) -> str:
        """The six digits from the demo page, read in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(f"{self.portal}/demo/")
        row = tab.locator("tr", has_text=f"{who}@demo.example")
        code = row.locator("td").last.inner_text().strip()
        tab.close()
        return code

    def message(self, address: str, words: str) -> str:
        """The newest text message or mail to ``address`` that holds ``words``; waits for the worker to deliver it."""
        tab = self.page.context.new_page()
        try:
            for _ in range(60):
                tab.goto(f"{self.portal}/demo/inbox/")
                row = tab.locator("tbody tr", has_text=address).filter(has_text=words)
                if row.count():
                    return row.first.locator("td").last.inner_text()
                tab.wait_for_timeout(500)
        finally:
            tab.close()
        pytest.fail(f"No message to {address} with {words!r} arrived.")

    def code_from(self, address: str) -> str:
        """The login or sign-up code that was sent to ``address``."""
        return re.search(r"(?<!\d)(\d{6})(?!\d)", self.message(address, "인증번호")).group(1)


class Mouse:
    """Clicks and fills, as most people do."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def tick(self, target: Locator) -> None:
        target.check(force=True)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)


class Keyboard:
    """Never touches the mouse: Tab to where one wants to be, then Enter, Space, arrows and letters."""

    STEPS = 250

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Tab until ``target`` has the focus; it must be visible there."""
        handle = target.element_handle()
        for _ in range(self.STEPS):
            if handle.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{target} cannot be reached with the Tab key")

    def press(self, target: Locator) -> None:
        self.reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        """A radio is reached through its group: Tab to the group's stop, then arrows."""
        group = target.evaluate("e => e.type === 'radio' ? e.name : ''")
        if not group:
            self.reach(target)
            self.page.keyboard.press("Space")
            return
        for _ in range(self.STEPS):
            if self.page.evaluate("document.activeElement.name") == group:
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Space")
        for _ in range(self.STEPS):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{target} cannot be chosen with the arrow keys")

    def choose(self, target: Locator, label: str) -> None:
        self.reach(target)
        for _ in range(self.STEPS):
            if target.evaluate("e => e.selectedOptions[0].label") == label:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{label!r} cannot be chosen with the arrow keys")


@pytest.fixture
def visitor(portal, browser, request) -> Iterator[Callable[..., Visitor]]:
    """Make visitors: ``visitor(size="phone", script=False)``. At the end nobody may have complained."""
    contexts: list[BrowserContext] = []
    people: list[Visitor] = []

    def make(*, size: str = "wide", script: bool = True) -> Visitor:
        context = browser.new_context(
            viewport=SIZES[size], java_script_enabled=script, locale="ko-KR", timezone_id="Asia/Seoul",
            reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        trip = re.sub(r"[^\w가-힣-]+", "-", request.node.name)
        who = Visitor(page, portal, f"{trip}-{size}" + ("" if script else "-no-script"))
        page.on("pageerror", lambda error: who.complaints.append(f"script: {error}"))
        page.on("console", lambda message: _hear(who, message))
        page.on("request", lambda made: _see(who, made))
        people.append(who)
        return who

    yield make
    for context in contexts:
        context.close()
    assert [complaint for who in people for complaint in who.complaints] == []


def _hear(who: Visitor, message: ConsoleMessage) -> None:
    if message.type == "error" and "status of 4" not in message.text:
        who.complaints.append(f"console: {message.text}")


def _see(who: Visitor, made: Request) -> None:
    host = urlsplit(made.url).netloc
    if host and host != urlsplit(who.portal).netloc:
        who.complaints.append(f"foreign host: {made.url}")
