"""Parts of ``base.html`` that are the same on thousands of pages, drawn once per process.

Drawn anew on every request, the menu, the policy links and the addresses of style sheets cost a
third of a page's processor time.
"""

from __future__ import annotations

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from gumcheon_portal import navigation

register = template.Library()


@register.simple_tag(takes_context=True)
def main_menu(context: template.Context) -> SafeString:
    """The menu with the visitor's own place marked."""
    path = context["request"].path
    return _menu(get_language(), navigation.current(path), path if path in navigation.addresses() else "")


@register.simple_tag
def policy_links() -> SafeString:
    return _drawn(get_language(), "includes/policies.html")


@register.simple_tag
def style_links() -> SafeString:
    return _drawn(get_language(), "includes/styles.html")


@cache
def _menu(language: str, section: navigation.Section | None, path: str) -> SafeString:
    return render_to_string("includes/menu.html", {"menu": navigation.sections(), "section": section, "path": path})


@cache
def _drawn(language: str, name: str) -> SafeString:
    return render_to_string(name, {"policies": navigation.policies()})
