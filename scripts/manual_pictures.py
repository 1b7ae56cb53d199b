"""Take the pictures of docs/ko/상담-운영.md anew, from a fresh demo: ``.venv/bin/python scripts/manual_pictures.py``.

It starts the portal on an empty data folder (or uses the demo at ``PORTAL_UNDER_TEST``) and writes small PNG files with
few colours into docs/ko/pictures/. Every person in them is invented.
"""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.chdir(ROOT)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gumcheon_portal.settings")

from django.utils import timezone  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.journeys.conftest import CHROMIUM, QUIET, Visitor  # noqa: E402

PICTURES = ROOT / "docs" / "ko" / "pictures"
WIDE, PHONE = (1200, 760), (390, 700)  # CSS pixels, one to one
MOST_BYTES = 60_000
COLOURS = (64, 48, 32, 24, 16)
START_LIMIT = 180  # seconds


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo; one that was started here is stopped in the end."""
    if running := os.environ.get("PORTAL_UNDER_TEST"):
        yield running
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DEMO", "SITE_URL"}
    with tempfile.TemporaryDirectory() as data:
        environment = {key: value for key, value in os.environ.items() if key not in unset}
        environment |= {"PORT": str(port), "PORTAL_DATA": data}
        run = subprocess.Popen([sys.executable, "manage.py", "run"], env=environment, stdout=subprocess.DEVNULL)
        try:
            wait(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(timeout=30)


def wait(address: str) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310 -- our own address
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    sys.exit(f"체험용 센터가 {START_LIMIT}초 안에 켜지지 않았습니다.")


def visitor(browser: Browser, portal: str, login: str, size: tuple[int, int] = WIDE) -> Visitor:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ko-KR",
        timezone_id="Asia/Seoul",
        reduced_motion="reduce",
    )
    who = Visitor(context.new_page(), portal, "manual")
    who.log_in(login)
    return who


def take(who: Visitor, name: str, path: str = "", *, height: int = 0, below: str = "h1") -> None:
    """What the window shows of the page, from a heading on, as ``name``.png."""
    if path:
        who.go(path)
    box = who.page.locator(f"#content {below}, main {below}").first.bounding_box()
    window = who.page.viewport_size
    top = max(0, int(box["y"]) - 24)
    whole = Image.open(io.BytesIO(who.page.screenshot(full_page=True, animations="disabled"))).convert("RGB")
    left = max(0, int(box["x"]) - 24)  # without the menu beside it
    bottom = min(whole.height, top + (height or window["height"]))
    keep(whole.crop((left, top, whole.width, bottom)), name)


def keep(picture: Image.Image, name: str) -> None:
    """As few colours as it takes to stay small."""
    for colours in COLOURS:
        out = io.BytesIO()
        few = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    else:
        sys.exit(f"{name}: {out.tell()} bytes even with {COLOURS[-1]} colours; show less of the page.")
    (PICTURES / f"{name}.png").write_bytes(out.getvalue())
    print(f"{name}.png {picture.width}×{picture.height}, {out.tell() // 1024} kB, {colours} colours")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with demo() as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        boss = visitor(browser, portal, "admin")
        page = boss.page
        take(boss, "첫-화면", "/admin/", height=620)
        take(boss, "주간-시간표", "/admin/counseling/weeklypattern/add/")
        boss.go("/admin/counseling/slot/publish/")
        last = timezone.localdate() + timedelta(days=85)
        page.locator("input[name=first]").fill(f"{last - timedelta(days=13)}")
        page.locator("input[name=last]").fill(f"{last}")
        page.get_by_role("button", name="미리 보기").click()
        take(boss, "시간표-공개")
        boss.go("/admin/counseling/booking/board/")
        for _ in range(30):  # a working day with bookings to come
            page.get_by_role("link", name="다음 날").click()
            if page.locator(".board .cell.is-booked").count() > 2:
                break
        take(boss, "하루-상담표")
        boss.go("/admin/counseling/booking/call/")
        page.locator("input[name=q]").first.fill("김지음")
        page.keyboard.press("Enter")
        page.locator("input[name=when]").first.wait_for()
        take(boss, "전화-예약")
        absence(boss)
        take(boss, "부재-처리", below="h2")
        take(boss, "대기-목록", "/admin/counseling/wish/", height=520)
        take(boss, "통계", "/admin/counseling/booking/figures/", height=640)
        counselor = visitor(browser, portal, "counselor")
        counselor.go("/admin/counseling/booking/records/")
        take(counselor, "쓸-기록", height=420)
        counselor.page.get_by_role("link", name=re.compile("^기록 쓰기")).first.click()
        take(counselor, "기록-쓰기")
        counselor.go("/admin/counseling/booking/records/")
        counselor.page.locator("table.board-found", has_text="최근에 고친").locator("tbody a").first.click()
        take(boss, "열람-이력", "/admin/counseling/booking/records/openings/", height=480)
        family = visitor(browser, portal, "parent", PHONE)
        take(family, "가족-나의-페이지", "/my/")
        family.go("/counseling/waiting/")
        if family.page.get_by_role("link", name=re.compile("제안에 답하기")).count():
            family.page.get_by_role("link", name=re.compile("제안에 답하기")).first.click()
            take(family, "가족-자리-제안", height=840)
        browser.close()


def absence(who: Visitor) -> None:
    """The page on which a week's absence is settled, filled in and not confirmed."""
    page = who.page
    who.go("/admin/counseling/slot/absence/")
    page.locator("select[name=counselor]").select_option(label="서다온 상담사")
    page.locator("input[name=first_day]").fill(f"{timezone.localdate() + timedelta(days=1)}")
    page.locator("input[name=last_day]").fill(f"{timezone.localdate() + timedelta(days=7)}")
    page.get_by_role("button", name="영향받는 예약 보기").click()


if __name__ == "__main__":
    main()
