"""``{% load prose %}``: what staff wrote in Markdown, as safe markup."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from centre.prose import render

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    return render(text)
