"""The family's page of a form: fill in, save, send, add and remove files, read again what was sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from questionnaires import answering, cases, retention, uploads
from questionnaires.answering import Sheet
from questionnaires.forms import PREFIX, AnswerForm
from questionnaires.models import Attachment, Response, Version

MOST_FILES_AT_ONCE = 3
ENVELOPE = 1024 * 1024  # what the answers themselves may weigh
SAVE, SEND, ADD = "save", "send", "add"
SHOWN = signing.Signer(salt="questionnaires.delete_file")


class InMemory(MemoryFileUploadHandler):
    """Keeps every upload in memory: Django would put the larger ones on the disk as they are."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


def _never_on_disk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse an oversized body before it is read, and read the rest into memory; only then look for the CSRF token."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            length = request.META.get("CONTENT_LENGTH") or ""
            most = MOST_FILES_AT_ONCE * settings.UPLOAD_MOST_BYTES + ENVELOPE
            if not length.isdigit() or int(length) > most:
                return render(request, "questionnaires/too_big.html", {"most": settings.UPLOAD_MOST_BYTES}, status=413)
            request.upload_handlers = [InMemory(request)]
        return protected(request, *args, **kwargs)

    return guarded


@never_cache
@_never_on_disk
@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The form about one case, or what was sent."""
    sheet = _sheet(request, code, pk)
    now = timezone.now()
    if request.method == "POST":
        return _posted(request, sheet)
    if not sheet.is_open(now):
        return _read_page(request, sheet)
    return _page(request, sheet, AnswerForm(sheet=sheet))


@never_cache
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of one's own, as it was sent. Nobody but the data's own family comes here, so it is not logged."""
    attachment = _own_file(request, pk)
    try:
        return handed_out(attachment, uploads.opened(attachment, to_check=True))
    except uploads.NotNow as not_now:
        messages.error(request, str(not_now))
        return redirect(_page_of(attachment.response))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a file for good, at any time. A second click on a page that this person was shown ends where the first did."""
    try:
        attachment = _own_file(request, pk)
    except Http404:
        if request.method == "POST" and (back := _shown_before(request, pk)):
            messages.info(request, _("이미 지운 파일입니다."))
            return redirect(back)
        raise
    back = _page_of(attachment.response)
    if request.method == "POST":
        uploads.delete(attachment)
        messages.success(request, _("파일을 지웠습니다."))
        return redirect(back)
    shown = SHOWN.sign_object([request.user.pk, pk, back])
    return render(request, "questionnaires/delete_file.html", {"attachment": attachment, "back": back, "shown": shown})


def _shown_before(request: HttpRequest, pk: int) -> str:
    """The way back that the page of a file that is gone had in it, when it was shown to this very person."""
    try:
        person, file, back = SHOWN.unsign_object(request.POST.get("shown", ""))
    except signing.BadSignature:
        return ""
    return back if (person, file) == (request.user.pk, pk) else ""


def handed_out(attachment: Attachment, data: bytes, *, inline: bool = False) -> HttpResponse:
    """The bytes as a download that no browser will run or guess about."""
    response = HttpResponse(data, content_type=attachment.content_type)
    how = "inline" if inline and attachment.kind != "pdf" else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(attachment.name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _sheet(request: HttpRequest, code: str, pk: int) -> Sheet:
    """The sheet of a case that this person answers for; anybody else's does not exist."""
    if (kind := cases.find(code)) is None:
        raise Http404
    case = get_object_or_404(kind.of_family(request.user), pk=pk)
    if not cases.writers_students(request.user).filter(pk=kind.student_of(case).pk).exists():
        raise Http404  # a student who manages their own data answers alone
    sheet = answering.sheet(case, fresh="fresh" in request.GET)
    if sheet is None:
        raise Http404
    if sheet.response is None and request.method == "POST":
        sheet = _as_shown(request, sheet)
    return sheet


def _as_shown(request: HttpRequest, sheet: Sheet) -> Sheet:
    """With the version that the page showed, should a newer one have been published meanwhile."""
    shown = _number(request, "version")
    if shown in {0, sheet.version.pk}:
        return sheet
    same = Version.objects.filter(questionnaire=sheet.version.questionnaire_id, published_at__isnull=False)
    version = get_object_or_404(same, pk=shown)
    return Sheet(sheet.kind, sheet.case, version, None, {})


def _number(request: HttpRequest, name: str) -> int:
    """A number of the page's own; whatever makes no sense is 0."""
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def _own_file(request: HttpRequest, pk: int) -> Attachment:
    mine = Attachment.objects.filter(response__in=Response.objects.of_family(request.user).values("pk"))
    return get_object_or_404(mine.select_related("response"), pk=pk)


def _page_of(response: Response) -> str:
    case = response.case
    if case is None:
        return "/"
    return cases.of(case).fill_url(case)


def _posted(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    form = AnswerForm(request.POST, sheet=sheet)
    revision = _number(request, "revision")
    wish = SEND if SEND in request.POST else ADD if ADD in request.POST else SAVE
    added = _take_files(request, sheet, form)
    sent = {"by": request.user, "revision": revision}
    try:
        if wish == SEND and form.is_valid() and not form.file_errors:
            answering.send(sheet.case, sheet.version, form.answers, **sent)
            messages.success(request, _("질문지를 보냈습니다."))
            return redirect(sheet.kind.fill_url(sheet.case))
        answering.save(sheet.case, sheet.version, form.answers, **sent)
    except answering.Incomplete as incomplete:
        form.ask_for(incomplete.keys)
        return _kept_and_shown(request, sheet, form, revision)
    except answering.Changed as changed:
        return _changed_page(request, sheet, form, changed)
    except answering.Closed as closed:
        messages.error(request, str(closed))
        fresh = answering.sheet(sheet.case)
        return _read_page(request, fresh or sheet, typed=form)
    if not form.is_valid() or form.file_errors:
        return _again(request, sheet, form)
    if added:
        messages.success(request, _("파일을 올리고 적은 내용을 저장했습니다."))
    else:
        messages.success(request, _("저장했습니다. 아직 보내지 않았습니다."))
    return redirect(sheet.kind.fill_url(sheet.case))


def _take_files(request: HttpRequest, sheet: Sheet, form: AnswerForm) -> int:
    """Every file is kept at once, so that a mistake elsewhere does not cost the choosing of it."""
    added = 0
    for question in sheet.version.design.questions:
        if not question.is_file:
            continue
        masked = f"masked_{question.key}" in request.POST
        for upload in request.FILES.getlist(f"{PREFIX}{question.key}"):
            try:
                uploads.receive(
                    sheet.case,
                    sheet.version,
                    question.key,
                    name=upload.name,
                    data=upload.read(),
                    masked=masked,
                    by=request.user,
                )
            except (uploads.Unfit, answering.Closed) as refused:
                form.refuse_file(question.key, f"{upload.name}: {refused}")
            else:
                added += 1
    return added


def _kept_and_shown(request: HttpRequest, sheet: Sheet, form: AnswerForm, revision: int) -> HttpResponse:
    """Something is missing: keep what there is, and show what is asked for."""
    answering.save(sheet.case, sheet.version, form.answers, by=request.user, revision=revision)
    return _again(request, sheet, form)


def _again(request: HttpRequest, sheet: Sheet, form: AnswerForm) -> HttpResponse:
    """The page with what was typed and what is wrong with it."""
    fresh = answering.sheet(sheet.case) or sheet
    form.sheet = fresh
    return _page(request, fresh, form, status=422)


def _changed_page(request: HttpRequest, sheet: Sheet, form: AnswerForm, changed: answering.Changed) -> HttpResponse:
    """Somebody saved elsewhere: both answers side by side; saving again is then a decision."""
    fresh = answering.sheet(sheet.case) or sheet
    typed = form.answers
    form.sheet = fresh
    differences = [
        (
            question.text,
            question.say(fresh.answers.get(question.key)) or "–",
            question.say(typed.get(question.key)) or "–",
        )
        for question in fresh.version.design.questions
        if not question.is_file and fresh.answers.get(question.key) != typed.get(question.key)
    ]
    return _page(request, fresh, form, status=409, changed=str(changed), differences=differences)


def _page(request: HttpRequest, sheet: Sheet, form: AnswerForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "sheet": sheet,
        "form": form,
        "errors": form.listed_errors,
        "now": timezone.now(),
        "last_time": sheet.last_time,
        "privacy": retention.privacy(sheet.version),
        "standard": retention.words(retention.ANSWERS),
        "title": sheet.kind.title(sheet.case),
        "back": sheet.kind.url(sheet.case),
        **more,
    }
    return render(request, "questionnaires/fill.html", context, status=status)


def _read_page(request: HttpRequest, sheet: Sheet, typed: AnswerForm | None = None) -> HttpResponse:
    context = {
        "sheet": sheet,
        "typed": _typed(typed) if typed else [],
        "why": sheet.why_closed(timezone.now()),
        "goes_on": retention.files_go_on(sheet.response) if sheet.response else None,
        "standard": retention.words(retention.ANSWERS),
        "title": sheet.kind.title(sheet.case),
        "back": sheet.kind.url(sheet.case),
    }
    return render(request, "questionnaires/read.html", context, status=409 if typed else 200)


def _typed(form: AnswerForm) -> list[tuple[str, str]]:
    """What was typed too late, to be copied elsewhere."""
    answers = form.answers
    questions = form.sheet.version.design.questions
    return [(one.text, said) for one in questions if (said := one.say(answers.get(one.key)))]
