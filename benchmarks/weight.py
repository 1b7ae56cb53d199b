"""What a visitor downloads for the first page: the page, its styles, scripts and pictures, without the font."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from benchmarks import public, stage
from benchmarks.client import Browser
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report

LIMIT_BYTES = 60_000
FONTS = (".woff2", ".woff", ".ttf", ".otf")
IN_STYLES = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
LOADED_LINKS = {"stylesheet", "icon", "preload", "manifest"}


def run(portal: Portal, report: Report, effort: Effort) -> None:
    with portal.copy("weight") as url:
        stage.everything(200)
        with portal.served(url) as web:
            scale = Scale(Browser(web.port))
            rows = [row for path in public.addresses() if (row := scale.weigh(path))]
    report.table("Bytes of a first visit, compressed, without the font", rows)
    heaviest = max(rows, key=lambda row: row["bytes"])
    report.at_most(f"bytes of the heaviest public page, {heaviest['page']}", heaviest["bytes"], LIMIT_BYTES)
    strangers = sorted({host for row in rows for host in scale.strangers[row["page"]]})
    report.exactly("hosts of others in public pages", strangers, [])


class Scale:
    """Weighs pages; what several pages share is fetched once."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._sizes: dict[str, tuple[int, list[str]]] = {}
        self.strangers: dict[str, set[str]] = {}

    def weigh(self, path: str) -> dict[str, object] | None:
        """Bytes by kind; ``None`` for an address that answers with something other than a page."""
        answer = self._browser.get(path)
        if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
            return None
        wanted = set(Loaded.by(answer.text))
        addresses = {urljoin(path, reference) for reference in wanted if not reference.startswith(("data:", "#"))}
        self.strangers[path] = {urlsplit(address).netloc for address in addresses} - {""}
        parts = self._with_what_they_load(address for address in addresses if not urlsplit(address).netloc)
        styles = sum(size for name, size in parts.items() if name.endswith(".css"))
        scripts = sum(size for name, size in parts.items() if name.endswith(".js"))
        total = len(answer.body) + sum(parts.values())
        return {
            "page": path,
            "bytes": total,
            "html": len(answer.body),
            "css": styles,
            "js": scripts,
            "rest": total - len(answer.body) - styles - scripts,
        }

    def _with_what_they_load(self, addresses: Iterator[str]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        waiting = list(addresses)
        while waiting:
            path = urlsplit(waiting.pop()).path
            if path in sizes or path.endswith(FONTS):
                continue
            sizes[path], more = self._fetched(path)
            waiting += more
        return sizes

    def _fetched(self, path: str) -> tuple[int, list[str]]:
        if path not in self._sizes:
            answer = self._browser.get(path)
            assert answer.status == 200, f"{path} answered {answer.status}"
            loads = IN_STYLES.findall(answer.text) if path.endswith(".css") else []
            more = [urljoin(path, reference) for reference in loads if not reference.startswith(("data:", "#"))]
            self._sizes[path] = len(answer.body), more
        return self._sizes[path]


class Loaded(HTMLParser):
    """What a browser fetches by itself for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []

    @classmethod
    def by(cls, text: str) -> list[str]:
        parser = cls()
        parser.feed(text)
        return parser.references

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        reference = given.get("href") if tag == "link" and _loads(given) else given.get("src")
        if reference is None and tag == "use":
            reference = given.get("href")
        if reference:
            self.references.append(reference)


def _loads(link: dict[str, str | None]) -> bool:
    return bool(LOADED_LINKS & set((link.get("rel") or "").lower().split()))
