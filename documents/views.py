"""Open a paper of one's own; verify anybody's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from documents import answer, kinds, lending, printing, tries
from documents.forms import MOST_BYTES, CodeForm, FileForm, LendForm
from documents.forms import code_of as normal
from documents.models import IssuedDocument
from lifecycle import access
from lifecycle.locks import Refused
from lifecycle.models import AccessLog

SECONDS_TO_LOOK_AGAIN = 5
ENVELOPE = 64 * 1024  # what a form adds around its file


# --- One's own papers --------------------------------------------------------------------------


def _own(request: HttpRequest, pk: int) -> IssuedDocument:
    return get_object_or_404(IssuedDocument.objects.visible_to(request.user).with_rest(), pk=pk)


@never_cache
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, where it stands, and the file; while a worker makes it, the page looks again by itself."""
    document = _own(request, pk)
    context: dict[str, Any] = {"paper": document, "form": LendForm() if document.is_official else None}
    return _shown(request, document, context)


def _shown(request: HttpRequest, document: IssuedDocument, context: dict[str, Any]) -> HttpResponse:
    if not document.is_ready and request.user.is_staff:
        context["work"] = printing.under_way(document)
    response = render(request, "papers/paper.html", context)
    if not document.is_ready and not document.is_withdrawn:
        response.headers["Refresh"] = str(SECONDS_TO_LOOK_AGAIN)
    return response


@never_cache
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF, logged. A withdrawn paper is not handed out again; one in the making leads to its page."""
    document = _own(request, pk)
    if document.is_withdrawn or not document.is_ready or document.is_official:
        return redirect("documents:paper", pk)
    kind = kinds.get(document.kind)
    person = kind.person(document.subject) if document.subject else None
    access.record(
        request,
        AccessLog.Act.VIEW,
        f"{document.label} {document.number}",
        subject=person,
        people=int(person is not None),
    )
    return answer.pdf(document, b"".join(document.print.pieces()))  # some hundred kilobytes; whole or not at all


@never_cache
@require_POST
def lend(request: HttpRequest, pk: int) -> HttpResponse:
    """An official paper with a reason: its file at once, or a link for somebody else that works for some days."""
    document, form = _own(request, pk), LendForm(request.POST)
    context: dict[str, Any] = {"paper": document, "form": form}
    if not document.is_official:
        raise Http404
    if form.is_valid():
        try:
            made = lending.lend(document, by=request.user, reason=form.cleaned_data["reason"], lasts=form.lasts)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            if form.lasts == lending.AT_ONCE:
                return redirect(lending.path_of(made))
            context |= {"lending": made, "link": lending.url_of(made), "form": LendForm()}
    return _shown(request, document, context)


# --- By a link ---------------------------------------------------------------------------------


@login_not_required
@never_cache
@require_safe
def lent(request: HttpRequest, token: str) -> HttpResponse:
    """The file behind a signed link, written down with the reason that it was made for."""
    found = lending.lent(token)
    if found is None:
        raise Http404
    try:
        content = lending.take(found, by=request.user if request.user.is_authenticated else None)
    except Refused as refused:
        return render(request, "papers/lent.html", {"sentence": str(refused)}, status=410)
    return answer.pdf(found.paper, content)


# --- Anybody's ---------------------------------------------------------------------------------


def _not_too_often(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Numbers cannot be guessed by trying: each visitor has so many tries a minute."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asks = request.method == "POST" or args or kwargs
        if asks and not tries.allowed(request):
            return render(request, "429.html", status=429)
        return view(request, *args, **kwargs)

    return limited


def _not_too_big(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse an oversized body before it is read; only then is the CSRF token looked for in it."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def sized(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.method == "POST" and (not length.isdigit() or int(length) > MOST_BYTES + ENVELOPE):
            context = {"code_form": CodeForm(), "file_form": FileForm(), "too_big": True}
            return render(request, "papers/verify.html", context, status=413)
        return protected(request, *args, **kwargs)

    return sized


@login_not_required
@never_cache
@_not_too_big
@_not_too_often
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """By the number that stands on the paper, or by the file."""
    code_form, file_form, unknown = CodeForm(request.GET if "code" in request.GET else None), FileForm(), False
    if request.method == "POST":
        file_form = FileForm(request.POST, request.FILES)
        if file_form.is_valid():
            found = IssuedDocument.objects.filter(print__sha256=_sha256(file_form.cleaned_data["file"])).first()
            if found:
                return _result(request, found, matches=True)
            unknown = True
    elif code_form.is_bound and code_form.is_valid():
        return HttpResponseRedirect(_address(code_form.cleaned_data["code"]))
    context = {"code_form": code_form, "file_form": file_form, "unknown_file": unknown}
    return render(request, "papers/verify.html", context)


@login_not_required
@never_cache
@_not_too_big
@_not_too_often
@require_http_methods(["GET", "HEAD", "POST"])
def verified(request: HttpRequest, code: str) -> HttpResponse:
    """What the register says of this number; a posted file is compared with what was issued."""
    found = IssuedDocument.objects.filter(code=normal(code) or "-").first()
    if found is None:
        context = {"code_form": CodeForm({"code": code}), "file_form": FileForm(), "unknown_code": True}
        return render(request, "papers/verify.html", context, status=404)
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if form.is_valid() and hasattr(found, "print"):
            return _result(request, found, matches=_sha256(form.cleaned_data["file"]) == found.print.sha256)
        return _result(request, found, form=form)
    return _result(request, found)


def _result(
    request: HttpRequest, found: IssuedDocument, *, matches: bool | None = None, form: FileForm | None = None
) -> HttpResponse:
    document = IssuedDocument.objects.with_rest().get(pk=found.pk)
    return render(
        request, "papers/verified.html", {"paper": document, "matches": matches, "file_form": form or FileForm()}
    )


def _address(code: str) -> str:
    return IssuedDocument(code=code).verify_path


def _sha256(upload: Any) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()
