"""``{% load attendance %}``: attendance and papers on other pages of this room."""

from __future__ import annotations

from typing import Any

from django import template

from programs import completion, papers
from programs.models import Application

register = template.Library()


@register.inclusion_tag("programs/attendance/_of_application.html", takes_context=True)
def attendance_of(context: template.Context, application: Application) -> dict[str, Any]:
    """``{% attendance_of application %}``: nothing before the first mark; papers for those who may take them."""
    user = context["request"].user
    people = list(papers.issuable(user).filter(application=application, left_at=None).select_related("student", "user"))
    found = completion.of(people) if people and application.is_seated else {}
    lines = [{"person": person, "found": found[person.pk]} for person in people if person.pk in found]
    return {"lines": [line for line in lines if line["found"].came], "csrf_token": context.get("csrf_token")}
