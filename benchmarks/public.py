"""Every public page: read from the URL table, so that a new one is measured without being listed."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from centre.models import PolicyText
from counseling.models import Slot
from newsletter.models import Post
from programs.models import Program

WITH_DETAIL = (Program, Post, PolicyText, Slot)  # one page of each kind, where the public has such pages
NOT_PAGES = ("admin/", "healthz", "krds/", "demo/")


def addresses() -> list[str]:
    """Paths that anybody may ask for, those that need an object included."""
    found = {
        f"/{path}" for path, entry in _routes(get_resolver()) if _is_public(entry) and not path.startswith(NOT_PAGES)
    }
    for model in WITH_DETAIL:
        example = model._default_manager.order_by("pk").first()
        if example is not None and hasattr(example, "get_absolute_url"):
            found.add(example.get_absolute_url())
    return sorted(found)


def _routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route without parameters."""
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if "<" in path or "(" in path:
            continue
        if isinstance(entry, URLResolver):
            yield from _routes(entry, path)
        else:
            yield path, entry


def _is_public(entry: URLPattern) -> bool:
    return not getattr(entry.callback, "login_required", True)
