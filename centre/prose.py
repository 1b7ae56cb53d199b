"""Texts that staff write in Markdown (headings, lists, tables, links), turned into safe markup.

Raw HTML and pictures are off, a second cleaning by ``nh3`` stands behind, and headings start at
level 2, since the page has the one ``h1``. Why Markdown: ``docs/decisions/0010-texts-in-markdown.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

TAGS = {
    *("h2", "h3", "h4", "p", "br", "hr", "strong", "em", "a", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div"),
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"scope"}, "table": {"class"}, "div": {"class", "tabindex"}}
SCHEMES = {"http", "https", "mailto", "tel"}


def _heading(self: RendererHTML, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    """``# `` and ``## `` are both level 2, and nothing is deeper than level 4."""
    tokens[index].tag = f"h{min(max(int(tokens[index].tag[1]), 2), 4)}"
    return self.renderToken(tokens, index, *rest)


def _column_head(self: RendererHTML, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    tokens[index].attrs = {"scope": "col"}
    return self.renderToken(tokens, index, *rest)


def _table_open(self: RendererHTML, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    """A wide table scrolls inside its own box, which the keyboard can reach."""
    tokens[index].attrs = {"class": "table"}
    return '<div class="table-wrap" tabindex="0">' + self.renderToken(tokens, index, *rest)


def _table_close(self: RendererHTML, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    return self.renderToken(tokens, index, *rest) + "</div>"


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable(["image", "code"])
for _rule, _render in {
    "heading_open": _heading,
    "heading_close": _heading,
    "th_open": _column_head,
    "table_open": _table_open,
    "table_close": _table_close,
}.items():
    _markdown.add_render_rule(_rule, _render)


@lru_cache(maxsize=512)  # a pure function of the text, so what it remembers is never stale
def render(text: str) -> SafeString:
    """``render("## 목적")`` → ``<h2>목적</h2>``."""
    markup = _markdown.render(text)
    return mark_safe(nh3.clean(markup, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES))
