"""What must hold of every template and static file of ours, whoever wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
EVERY = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file())
# Papers are printed, never served, so the page rules on style do not reach them.
SCREEN = [name for name in PAGES if not name.startswith(("documents/", "notices/"))]
STATIC = [path for path in (settings.BASE_DIR / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"}]

INLINE = re.compile(
    r"<style[\s>]|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")",
    re.I,
)
ELSEWHERE = re.compile(r"(?:src|href|action|srcset)\s*=\s*[\"'](?:https?:)?//", re.I)
IMAGE = re.compile(r"<img\b[^>]*>", re.I)


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EVERY)
def test_every_template_compiles(name: str) -> None:
    engines["django"].get_template(name)


@pytest.mark.parametrize("name", SCREEN)
def test_no_page_needs_inline_style_or_script(name: str) -> None:
    assert not INLINE.search(source(name))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_loads_or_sends_anything_elsewhere(name: str) -> None:
    assert not ELSEWHERE.search(source(name))


@pytest.mark.parametrize("name", PAGES)
def test_every_image_has_a_text_alternative(name: str) -> None:
    assert all("alt=" in image for image in IMAGE.findall(source(name)))


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_no_static_file_calls_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\(\s*[\"']?//|@import", text)


@pytest.mark.parametrize("name", [name for name in SCREEN if '{% extends "base.html" %}' in source(name)])
def test_every_page_has_one_heading_and_a_title(name: str) -> None:
    text = source(name)
    assert len(re.findall(r"<h1[\s>]", text)) <= 1
    assert "{% block title %}" in text or "{% block head_title %}" in text
