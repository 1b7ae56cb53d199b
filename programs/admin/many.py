"""Decisions about chosen applications: what would come of each, a reason, and then all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from lifecycle import access
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from lifecycle.models import AccessLog
from programs import many
from programs.many import VERBS, Line

Action = Callable[[Any, HttpRequest, models.QuerySet], HttpResponse | None]


def actions(form: type[forms.Form]) -> dict[str, tuple[Action, str, str]]:
    """For ``ModelAdmin.get_actions``: every verb with ``form``, which asks for ``reason``."""
    return {name: (_action(name, form), name, f"{verb.label}(미리 보기)") for name, verb in VERBS.items()}


def _action(name: str, form_class: type[forms.Form]) -> Action:
    verb = VERBS[name]

    def act(page: Any, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: many.MOST + 1])
        form = form_class(request.POST if "reason" in request.POST else None)
        sure = "sure" in request.POST and form.is_valid()
        reason = form.cleaned_data["reason"] if sure else "미리 보기"
        try:
            with transaction.atomic():
                lines = many.decide(keys, verb, by=request.user, reason=reason, dry=not sure)
                done = sure and not any(line.error for line in lines)
                if done:
                    people = page.people_in([line.application for line in lines])
                    what = f"{verb.label}: 참가 신청 {len(lines)}건"
                    access.record(request, AccessLog.Act.CHANGE, what, subjects=people, reason=reason)
        except Refused as refused:
            messages.error(request, str(refused))
            return None
        if done:
            messages.success(request, f"{verb.label}: {len(lines)}건을 처리했습니다.")
            return None
        context = {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": f"{verb.label}: {len(lines)}건",
            "verb": verb,
            "run": lines[0].application.run,
            "lines": [(line, _people(line)) for line in lines],
            "errors": sum(bool(line.error) for line in lines),
            "form": form,
            "action": name,
            "chosen": keys,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/programs/application/many.html", context)

    return act


def _people(line: Line) -> str:
    application = line.application
    if application.headcount:
        return f"{application.class_name} {application.headcount}명"
    return ", ".join(mask_name(part.called) for part in application.participants.all())
