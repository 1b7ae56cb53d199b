"""The pages on which staff build a form, by keyboard and without scripts: every step is a button or a form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from lifecycle.locks import Refused
from questionnaires import building, editing, preview
from questionnaires.admin.entry import CopyForm, HeadingForm, QuestionForm, SectionForm
from questionnaires.design import Design, Section
from questionnaires.models import Questionnaire, Version

if TYPE_CHECKING:
    from questionnaires.admin.forms import QuestionnaireAdmin

View = Callable[..., HttpResponse]
VIEW, CHANGE, ADD = (f"questionnaires.{act}_questionnaire" for act in ("view", "change", "add"))
UP, DOWN = -1, 1


class Builder:
    """Pages that hang below ``QuestionnaireAdmin``, with its site, its permissions and its dress."""

    def __init__(self, page: QuestionnaireAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        routes: list[tuple[str, str, View, str]] = [
            ("build/", "build", both(self.build), VIEW),
            ("build/heading/", "heading", both(self.heading), CHANGE),
            ("build/section/", "section_add", both(self.section), CHANGE),
            ("build/section/<int:number>/", "section", both(self.section), CHANGE),
            ("build/question/", "question_add", both(self.question), CHANGE),
            ("build/question/<slug:key>/", "question", both(self.question), CHANGE),
            ("copy/", "copy", both(self.copy), ADD),
            ("preview/<int:number>/", "preview", require_safe(self.preview), VIEW),
        ]
        return [
            path(f"<int:pk>/{route}", self._guarded(view, permission), name=f"questionnaires_questionnaire_{name}")
            for route, name, view, permission in routes
        ]

    def _guarded(self, view: View, permission: str) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return self.page.admin_site.admin_view(checked)

    # --- The whole form ------------------------------------------------------------------------
    def build(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All questions with what can be done to each; POST does one thing and comes back."""
        questionnaire = get_object_or_404(Questionnaire, pk=pk)
        if request.method == "POST":
            return self._step(request, questionnaire)
        version = questionnaire.draft or questionnaire.current
        context = {
            "title": f"{questionnaire.name}: 문항 만들기",
            "questionnaire": questionnaire,
            "version": version,
            "faults": version.design.faults() if version and version.is_draft else [],
            "versions": questionnaire.versions.order_by("-number"),
            "may_change": request.user.has_perm(CHANGE),
        }
        return self._page(request, "admin/questionnaires/build.html", context)

    def _step(self, request: HttpRequest, questionnaire: Questionnaire) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        what, _colon, about = request.POST.get("do", "").partition(":")
        try:
            if what == "draft":
                building.draft(questionnaire)
            elif (version := questionnaire.draft) is None:
                raise Refused("작성 중인 판이 없습니다. 새 판을 만들어 주세요.")
            elif what == "publish":
                building.publish(version, by=request.user)
                messages.success(request, "게시했습니다. 이제부터 이 판으로 작성합니다.")
            elif what == "discard":
                building.discard(version)
                messages.success(request, "작성 중인 판을 버렸습니다.")
            else:
                building.change(version, _step_of(version, what, about), revision=_revision(request))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:questionnaires_questionnaire_build", questionnaire.pk)

    # --- One thing at a time -------------------------------------------------------------------
    def heading(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = _draft(pk)
        form = HeadingForm(_typed(request), initial={"title": version.title, "introduction": version.introduction})
        save = partial(building.describe, version)
        return self._entry(request, version, form, save, title="제목과 머리말")

    def section(self, request: HttpRequest, pk: int, number: int | None = None) -> HttpResponse:
        version = _draft(pk)
        sections = version.design.sections
        if number is not None and number >= len(sections):
            raise Http404
        old = sections[number] if number is not None else None
        form = SectionForm(
            _typed(request), initial={"title": old.title, "description": old.description} if old else None
        )

        def save(*, revision: int, **given: Any) -> Version:
            step = partial(editing.with_section, section=Section(**given), number=number)
            return building.change(version, step, revision=revision)

        return self._entry(request, version, form, save, title="묶음 고치기" if old else "묶음 더하기")

    def question(self, request: HttpRequest, pk: int, key: str = "") -> HttpResponse:
        version = _draft(pk)
        old = version.design.find(key)
        if key and old is None:
            raise Http404
        form = QuestionForm(_typed(request), design=version.design, question=old)

        def save(*, revision: int, section: int, **_given: Any) -> Version:
            return building.put(version, form.entered, section=section, revision=revision)

        return self._entry(request, version, form, save, title="문항 고치기" if old else "문항 더하기")

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        questionnaire = get_object_or_404(Questionnaire, pk=pk)
        version = questionnaire.current or questionnaire.draft
        form = CopyForm(_typed(request), initial={"name": f"{questionnaire.name} 복사본"[:60]})

        def save(*, revision: int, name: str) -> Version:
            return building.copy(version, name)

        return self._entry(request, version, form, save, title="질문지 복사")

    def preview(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """The page as the family sees it; nothing can be sent from it."""
        version = get_object_or_404(Version, questionnaire=pk, number=number)
        return render(request, "questionnaires/fill.html", preview.context(version))

    def _entry(
        self, request: HttpRequest, version: Version, form: forms.Form, save: Callable[..., Version], *, title: str
    ) -> HttpResponse:
        """Show a form; save what is typed into the draft that the page showed, or say why not and keep it."""
        if form.is_valid():
            try:
                saved = save(revision=_revision(request), **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                return redirect("admin:questionnaires_questionnaire_build", saved.questionnaire_id)
        context = {"title": title, "version": version, "questionnaire": version.questionnaire, "form": form}
        return self._page(request, "admin/questionnaires/entry.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site = self.page.admin_site
        return TemplateResponse(request, template, {**site.each_context(request), "opts": self.page.opts, **context})


def _step_of(version: Version, what: str, about: str) -> Callable[[Design], Design]:
    """A button's ``do`` as a step of the design."""
    if what in {"up", "down", "remove"} and version.design.find(about):
        if what == "remove":
            return partial(editing.without, key=about)
        return partial(editing.moved, key=about, step=UP if what == "up" else DOWN)
    if about.isdecimal() and int(about) < len(version.design.sections):
        number = int(about)
        if what == "section-remove" and not version.design.sections[number].questions:
            return partial(editing.without_section, number=number)
        if what in {"section-up", "section-down"}:
            return partial(editing.section_moved, number=number, step=UP if what == "section-up" else DOWN)
    raise Refused(building.BUSY)


def _draft(pk: int) -> Version:
    return get_object_or_404(Version.objects.select_related("questionnaire"), questionnaire=pk, published_at=None)


def _typed(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _revision(request: HttpRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isdecimal() else -1
