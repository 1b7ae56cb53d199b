"""출석부, 수료와 수료증: the staff's pages of who came, below the list of marks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centre.models import Centre
from documents import pdf
from lifecycle import access
from lifecycle.admin import AppendOnlyAdmin, MaskedAdmin
from lifecycle.admin.reasons import ReasonForm
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from lifecycle.models import AccessLog, Work
from programs import attendance, certificates, checkin, papers, roster
from programs.attendance import Entry, NotMarked
from programs.models import Mark, Participant, Run, Session

SEE, WRITE, UNMASK = "programs.view_mark", "programs.mark_attendance", "lifecycle.unmask_personal_data"
DAYS_BACK, DAYS_AHEAD, MOST_SESSIONS = 14, 14, 100
MOST_ENTRIES = 1_000
MOST_BYTES = 300_000

both = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Mark)
class MarkAdmin(MaskedAdmin, AppendOnlyAdmin):
    """Every mark that was ever written, to be read: the trail of corrections. Writing happens on the roster."""

    list_display = ["recorded_at", "session", "participant__student__name", "status", "source", "by", "reason"]
    list_filter = ["status", "source"]
    search_fields = ["session__run__program__title"]
    search_help_text = "프로그램 이름으로 찾습니다."
    date_hierarchy = "recorded_at"
    personal = {"participant__student__name": mask_name}
    subject = "participant__student"

    def joined(self, request: HttpRequest) -> set[str]:
        return super().joined(request) | {"session__run__program"}

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("sessions/", "programs_attendance", require_safe(self.sessions), SEE),
            ("session/<int:pk>/", "programs_roster", both(self.roster), SEE),
            ("session/<int:pk>/send/", "programs_roster_send", require_POST(self.send), WRITE),
            ("session/<int:pk>/undo/", "programs_roster_undo", require_POST(self.undo), WRITE),
            ("session/<int:pk>/paper/", "programs_roster_paper", both(self.paper), UNMASK),
            ("run/<int:pk>/completion/", "programs_completion", require_safe(self.completion), SEE),
            ("run/<int:pk>/certificates/", "programs_certificates", require_POST(self.begin), papers.ISSUE),
            ("work/<int:pk>/certificates.zip", "programs_certificates_file", both(self.file), papers.ISSUE),
            ("person/<int:pk>/<slug:kind>/", "programs_certificate", require_POST(self.certificate), papers.ISSUE),
        ]
        own = [path(route, self._guarded(view, right), name=name) for route, name, view, right in pages]
        return [*own, *super().get_urls()]

    def _guarded(self, view: Callable[..., HttpResponse], right: str) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms([SEE, right]):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return self.admin_site.admin_view(checked)

    def _show(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/programs/{name}.html", context)

    # --- Roster ------------------------------------------------------------------------------
    def sessions(self, request: HttpRequest) -> HttpResponse:
        """The sessions of these weeks, today's first of all."""
        now = timezone.now()
        near = Session.objects.standing().filter(
            starts_at__gte=now - timedelta(days=DAYS_BACK), starts_at__lt=now + timedelta(days=DAYS_AHEAD)
        )
        rows = list(near.select_related("run__program").order_by("starts_at", "pk")[:MOST_SESSIONS])
        today = timezone.localdate(now)
        groups = {
            "오늘": [row for row in rows if timezone.localdate(row.starts_at) == today],
            "앞으로": [row for row in rows if timezone.localdate(row.starts_at) > today],
            "지난 2주": [row for row in reversed(rows) if timezone.localdate(row.starts_at) < today],
        }
        return self._show(request, "sessions", {"title": "출석부", "groups": groups})

    def roster(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = get_object_or_404(Session.objects.select_related("run__program", "room__venue"), pk=pk)
        names, form = False, ReasonForm(request.POST if "reason" in request.POST else None)
        if request.method == "POST" and "mark" in request.POST:
            return self._pressed(request, session)
        if form.is_bound and form.is_valid() and request.user.has_perm(UNMASK):
            names = True
            self._log(request, AccessLog.Act.UNMASK, session, "출석부 이름 보기", form.cleaned_data["reason"])
        found = roster.lines(session)
        last = request.session.get("roster_batch", {}).get(str(session.pk))
        context = {
            "title": f"{session.run.program.title} {session.run.title}",
            "session": session,
            "lines": found,
            "counts": roster.counts(found),
            "statuses": [(value, label) for value, label in Mark.Status.choices if value != Mark.Status.CLEARED],
            "names": names,
            "form": form,
            "may_write": request.user.has_perm(WRITE) and session.cancelled_at is None,
            "may_unmask": request.user.has_perm(UNMASK),
            "last": last,
            "wall_key": checkin.wall_key(session),
        }
        return self._show(request, "roster", context)

    def _pressed(self, request: HttpRequest, session: Session) -> HttpResponse:
        """One button of the page, without script: one person's mark, or everybody's who has none."""
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        who, _colon, status = request.POST["mark"].partition(":")
        try:
            if who == "all":
                entries = [_entry(line.who, status, heads=line.of) for line in roster.lines(session) if not line.status]
            else:
                entries = [_entry(who, status, heads=_number(request.POST.get(f"heads-{who}")))]
            written = attendance.mark(session.pk, entries, by=request.user, reason=request.POST.get("why", ""))
            self._said(request, session, written)
        except Refused as refused:
            messages.error(request, str(refused))
        response = redirect("admin:programs_roster", session.pk)
        if who != "all":
            response.headers["Location"] += f"#{who}"
        return response

    def _said(self, request: HttpRequest, session: Session, written: attendance.Written) -> None:
        if written.marks:
            batches = {**request.session.get("roster_batch", {}), str(session.pk): str(written.marks[0].batch)}
            request.session["roster_batch"] = dict(list(batches.items())[-20:])
            messages.success(request, f"{len(written.marks)}건을 적었습니다.")
        else:
            messages.info(request, "이미 그렇게 적혀 있습니다.")
        if written.withdrawn:
            messages.warning(request, f"출석이 바뀌어 발급한 문서 {written.withdrawn}건을 회수했습니다.")

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the page's script kept while the net was away: JSON entries, each with its key and its age."""
        try:
            sent = json.loads(request.body[:MOST_BYTES])["entries"][:MOST_ENTRIES]
            entries = [_sent(one, timezone.now()) for one in sent]
        except (ValueError, KeyError, TypeError, NotMarked):
            return JsonResponse({"problem": "알아볼 수 없는 입력입니다. 화면을 새로 고쳐 주세요."}, status=400)
        refused, withdrawn, batch = {}, 0, ""
        for one in entries:  # each by itself: one that is refused must not hold up the others
            try:
                written = attendance.mark(pk, [one], by=request.user)
                withdrawn += written.withdrawn
                batch = str(written.marks[0].batch) if written.marks else batch
            except NotMarked as problem:
                refused[str(one.key)] = str(problem)
        if batch:
            request.session["roster_batch"] = {**request.session.get("roster_batch", {}), str(pk): batch}
        return JsonResponse({"taken": [str(one.key) for one in entries], "refused": refused, "withdrawn": withdrawn})

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            batch = uuid.UUID(request.POST.get("batch", ""))
            done = attendance.undo(pk, batch, by=request.user)
            messages.success(request, f"{len(done.marks)}건을 되돌렸습니다.")
            request.session["roster_batch"] = {
                key: value for key, value in request.session.get("roster_batch", {}).items() if key != str(pk)
            }
        except (ValueError, Refused) as refused:
            messages.error(request, str(refused) if isinstance(refused, Refused) else "되돌릴 것이 없습니다.")
        return redirect("admin:programs_roster", pk)

    def paper(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The roster to be signed, with full names: an export, so it asks why. It is handed out and not kept."""
        session = get_object_or_404(Session.objects.select_related("run__program", "room__venue"), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not (form.is_bound and form.is_valid()):
            title = f"서명 명단 인쇄: {session.run.program.title}"
            return self._show(request, "why", {"title": title, "form": form, "action": "PDF 내려받기"})
        centre = Centre.objects.current()
        try:
            content = pdf.render(
                "documents/programs/roster.html",
                {"session": session, "lines": roster.lines(session), "issuer": centre.name if centre else ""},
                title=f"출석 서명 명단: {session.run.program.title}",
                dated=timezone.now(),
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:programs_roster", pk)
        self._log(request, AccessLog.Act.EXPORT, session, "서명 명단 인쇄", form.cleaned_data["reason"])
        name = f"서명 명단 {timezone.localdate(session.starts_at):%Y%m%d}.pdf"
        return HttpResponse(
            content,
            content_type="application/pdf",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )

    def _log(self, request: HttpRequest, act: str, session: Session, what: str, reason: str) -> None:
        people = Participant.objects.seated().filter(run=session.run_id, left_at=None, student__isnull=False)
        students = [person.student for person in people.select_related("student")]
        access.record(request, act, f"{what} 회기 {session.pk}", subjects=students, people=len(students), reason=reason)

    # --- Completion --------------------------------------------------------------------------
    def completion(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = get_object_or_404(Run.objects.select_related("program"), pk=pk)
        rows = certificates.everybody(run.pk)
        standing = papers.standing_of(person.pk for person, _found in rows)
        lines = [
            {
                "person": person,
                "name": mask_name(person.called),
                "found": found,
                "certificate": standing.get(person.pk, {}).get(papers.CERTIFICATE.code),
                "participation": standing.get(person.pk, {}).get(papers.PARTICIPATION.code),
            }
            for person, found in rows
        ]
        context = {
            "title": f"수료: {run}",
            "run": run,
            "lines": lines,
            "complete": sum(line["found"].is_complete for line in lines),
            "came": sum(bool(line["found"].attested) for line in lines),
            "may_issue": request.user.has_perm(papers.ISSUE),
            "works": Work.objects.filter(kind=certificates.KIND.code, params__run=run.pk).defer("items")[:5],
        }
        return self._show(request, "completion", context)

    def certificate(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """One person's paper, at the counter."""
        person = get_object_or_404(Participant, pk=pk)
        try:
            return redirect(papers.certify(pk, by=request.user, kind=_kind(kind)))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:programs_completion", person.run_id)

    def begin(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everybody's papers at once: long work with a progress bar."""
        run = get_object_or_404(Run.objects.select_related("program"), pk=pk)
        try:
            return redirect(certificates.start(run, by=request.user, kind=_kind(request.POST.get("kind", "")).code))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:programs_completion", pk)

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The papers of a batch as one zip, after a reason; made while it is sent, and kept nowhere."""
        done = get_object_or_404(Work.objects.visible_to(request.user).filter(kind=certificates.KIND.code), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not (form.is_bound and form.is_valid()):
            return self._show(request, "why", {"title": f"{done.title} 내려받기", "form": form, "action": "내려받기"})
        with transaction.atomic():
            files = certificates.made(done)
            people = [paper.subject_id for _name, paper in files]
            students = [
                person.student
                for person in Participant.objects.filter(pk__in=people, student__isnull=False).select_related("student")
            ]
            access.record(
                request,
                AccessLog.Act.EXPORT,
                f"{done.title} {len(files)}건",
                subjects=students,
                people=len(files),
                reason=form.cleaned_data["reason"],
            )
        name = f"{papers.OF_A_RUN[done.params['kind']].label} {timezone.localdate():%Y%m%d}.zip"
        return StreamingHttpResponse(
            certificates.zipped(files),
            content_type="application/zip",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )


def _kind(slug: str) -> Any:
    return papers.OF_A_RUN.get(f"programs.{slug}", papers.CERTIFICATE)


def _number(typed: Any) -> int | None:
    return int(typed) if str(typed or "").isdigit() else None


def _entry(who: str, status: str, heads: int | None = None, **more: Any) -> Entry:
    """The entry for ``p12`` or ``a5`` of the form."""
    sort, key = who[:1], _number(who[1:])
    if key is None or sort not in {"p", "a"}:
        raise NotMarked("출석 표시를 다시 골라 주세요.")
    if sort == "p":
        return Entry(status, participant_id=key, **more)
    return Entry(status, application_id=key, heads=heads, **more)


def _sent(one: dict[str, Any], now: Any) -> Entry:
    """An entry as the script sends it. Its age is counted by one clock, the phone's, so a wrong clock does no harm."""
    age = timedelta(milliseconds=min(max(int(one["age"]), 0), attendance.OLDEST // timedelta(milliseconds=1)))
    return _entry(
        str(one["who"]), str(one["status"]), _number(one.get("heads")), at=now - age, key=uuid.UUID(one["key"])
    )
