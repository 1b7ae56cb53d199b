"""A camp's pages below its run: rooms, teams and mentors, who is put where, the day's sheets and the contacts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.models import User
from centre.models import Centre
from documents import pdf
from lifecycle import access
from lifecycle.admin.reasons import ReasonForm
from lifecycle.locks import Refused
from lifecycle.models import AccessLog
from programs import camp_sheets, camps
from programs.admin.pages import DAY, LINE, Pages, typed
from programs.admin.workplace import door
from programs.camps import Change
from programs.models import CampRoom, Kept, Mentor, Program, Run, Team
from programs.models.camps import MOST_BEDS

SEE, CHANGE, OPEN, UNMASK = (
    "programs.view_stay",
    "programs.change_stay",
    "programs.open_contacts",
    "lifecycle.unmask_personal_data",
)


class RoomForm(forms.Form):
    name = forms.CharField(label="방", max_length=40, widget=LINE, help_text="예: 302호")
    capacity = forms.IntegerField(label="정원(명)", min_value=1, max_value=MOST_BEDS)
    kind = forms.ChoiceField(
        label="구분",
        choices=Kept.choices,
        required=False,
        help_text="여 또는 남 방에는 배정 표에서 그렇게 표시한 사람만 들어갑니다. 성별은 어디에서도 짐작하지 않습니다.",
    )

    def __init__(self, *args: Any, run: Run, row: CampRoom | None, **kwargs: Any) -> None:
        start = {"name": row.name, "capacity": row.capacity, "kind": row.kind} if row else {}
        super().__init__(*args, initial=start, **kwargs)


class TeamForm(forms.Form):
    name = forms.CharField(label="조", max_length=40, widget=LINE, help_text="예: 1조")
    mentors = forms.TypedMultipleChoiceField(
        label="멘토",
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="성범죄 경력 조회를 확인한 멘토만 나옵니다.",
    )
    in_charge = forms.TypedChoiceField(
        label="담당 멘토",
        required=False,
        coerce=int,
        empty_value=None,
        help_text=Team._meta.get_field("in_charge").help_text,
    )

    def __init__(self, *args: Any, run: Run, row: Team | None, **kwargs: Any) -> None:
        start = {}
        if row:
            mine = [mentor.pk for mentor in row.mentors.all()]
            start = {"name": row.name, "mentors": mine, "in_charge": row.in_charge_id}
        super().__init__(*args, initial=start, **kwargs)
        cleared = run.mentors.filter(cleared_on__isnull=False).select_related("user")
        choices = [(mentor.pk, f"{mentor.masked} ({mentor.get_role_display()})") for mentor in cleared]
        self.fields["mentors"].choices = choices
        self.fields["in_charge"].choices = [("", "정하지 않음"), *choices]


class MentorForm(forms.Form):
    login = forms.EmailField(
        label="계정의 이메일",
        required=False,
        widget=forms.EmailInput({"class": "vTextField", "autocomplete": "off"}),
        help_text="누리집에 로그인해 자기 조를 볼 사람입니다. 로그인하지 않는 멘토는 비우고 이름만 적습니다.",
    )
    name = forms.CharField(label="이름", max_length=50, required=False, widget=LINE)
    role = forms.ChoiceField(label="역할", choices=Mentor.Role.choices, initial=Mentor.Role.TEAM)
    partner = forms.ModelChoiceField(None, label="소속 기관", required=False, empty_label="없음")
    cleared_on = forms.DateField(
        label="성범죄 경력 조회 확인일",
        required=False,
        widget=DAY,
        help_text="회신을 확인한 날만 적습니다. 적기 전에는 조를 맡을 수 없고, 회신 내용은 저장하지 않습니다.",
    )

    def __init__(self, *args: Any, run: Run, row: Mentor | None, **kwargs: Any) -> None:
        start = {"role": row.role, "partner": row.partner_id, "cleared_on": row.cleared_on} if row else {}
        super().__init__(*args, initial=start, **kwargs)
        self.fields["partner"].queryset = run.partners.order_by("name", "pk")
        if row:  # who it is stays
            del self.fields["login"], self.fields["name"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        given.pop("user", None)
        if login := given.pop("login", ""):
            given["user"] = User.objects.filter(email__iexact=login, is_active=True).first()
            if given["user"] is None:
                self.add_error("login", "이 이메일로 가입한 사람이 없습니다. 이메일을 확인하거나 이름만 적어 주세요.")
        return given


class Camps(Pages):
    PARTS = {
        "room": ("숙소 방", RoomForm, camps.put_room, camps.remove_room, CampRoom),
        "team": ("조", TeamForm, camps.put_team, camps.remove_team, Team),
        "mentor": ("멘토", MentorForm, camps.put_mentor, camps.remove_mentor, Mentor),
    }

    def urls(self) -> list[URLPattern]:
        pages = [
            ("<int:pk>/camp/", self.home, "programs_camp", [SEE]),
            ("<int:pk>/camp/proposal/", self.proposal, "programs_camp_proposal", [SEE, CHANGE]),
            ("<int:pk>/camp/days/<slug:day>/", self.day, "programs_camp_day", [SEE]),
            ("<int:pk>/camp/days/<slug:day>/paper/", self.day_paper, "programs_camp_day_paper", [SEE, UNMASK]),
            ("<int:pk>/camp/contacts/<int:key>/", self.contacts, "programs_camp_contacts", [SEE, OPEN, UNMASK]),
            ("<int:pk>/camp/<slug:part>/", self.put, "programs_camp_add", [SEE, CHANGE]),
            ("<int:pk>/camp/<slug:part>/<int:key>/", self.put, "programs_camp_put", [SEE, CHANGE]),
        ]
        return [path(route, self.guarded(view, *may), name=name) for route, view, name, may in pages]

    def _camp(self, pk: int) -> Run:
        run = self.run(pk)
        if run.program.kind != Program.Kind.CAMP:
            raise Http404
        return run

    # --- Who is put where --------------------------------------------------------------------
    def home(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self._camp(pk)
        may_change = request.user.has_perm(CHANGE) and run.state != Run.State.CANCELLED
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        names, refused, chosen = False, "", {}
        if "assign" in request.POST:
            if not may_change:
                raise PermissionDenied
            try:
                number = camps.assign(run.pk, _changes(request), by=request.user)
            except Refused as sentence:
                refused, chosen = str(sentence), _chosen(request)
            else:
                messages.success(request, f"{number}명의 배정을 바꿨습니다." if number else "바뀐 배정이 없습니다.")
                return redirect("admin:programs_camp", run.pk)
        elif form.is_bound and form.is_valid() and request.user.has_perm(UNMASK):
            names = True
            self._log(request, AccessLog.Act.UNMASK, run, "캠프 배정 이름 보기", form.cleaned_data["reason"])
        lines = camp_sheets.lines(run)
        rooms, teams = list(run.camp_rooms.all()), camp_sheets.teams(run)
        in_room, in_team = Counter(line.room for line in lines), Counter(line.team for line in lines)
        context = {
            "title": "캠프 운영",
            "run": run,
            "rows": [(line, *chosen.get(line.key, (line.kind, line.room, line.team))) for line in lines],
            "rooms": [(room, in_room[room.pk]) for room in rooms],
            "teams": [(team, in_team[team.pk]) for team in teams],
            "mentors": [
                (mentor, [team for team in teams if mentor in team.mentors.all()])
                for mentor in run.mentors.select_related("user", "partner")
            ],
            "kinds": Kept.choices,
            "without": (in_room[None], in_team[None]),
            "beds": sum(room.capacity for room in rooms),
            "days": camp_sheets.days(run),
            "names": names,
            "form": form,
            "refused": refused,
            "may_change": may_change,
            "may_unmask": request.user.has_perm(UNMASK),
            "may_open": request.user.has_perms([OPEN, UNMASK]),
        }
        return self.show(request, "admin/programs/camp/home.html", context)

    def proposal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at it, then do just that."""
        run = self._camp(pk)
        refused = ""
        if request.method == "POST":
            try:
                number = camps.fill(run.pk, seen=request.POST.get("seen", ""), by=request.user)
            except Refused as sentence:
                refused = str(sentence)
            else:
                messages.success(request, f"{number}명을 배정했습니다. 표에서 한 사람씩 바꿀 수 있습니다.")
                return redirect("admin:programs_camp", run.pk)
        found = camps.propose(run)
        to = {change.participant_id: change for change in found.changes}
        rooms, teams = ({row.pk: row for row in rows.all()} for rows in (run.camp_rooms, run.teams))
        context = {
            "title": "자동 배정 미리 보기",
            "run": run,
            "refused": refused,
            "plan": found,
            "rows": [
                (line, rooms.get(to[line.key].room_id), teams.get(to[line.key].team_id))
                for line in camp_sheets.lines(run)
                if line.key in to
            ],
        }
        return self.show(request, "admin/programs/camp/proposal.html", context)

    # --- Rooms, teams, mentors ---------------------------------------------------------------
    def put(self, request: HttpRequest, pk: int, part: str, key: int | None = None) -> HttpResponse:
        """Add one, change it, or take it out by the second button."""
        run = self._camp(pk)
        if part not in self.PARTS:
            raise Http404
        label, form_class, put, remove, model = self.PARTS[part]
        row = get_object_or_404(model, pk=key, run=run) if key else None
        form, refused = form_class(typed(request), run=run, row=row), ""
        if request.method == "POST":
            try:
                if row and "remove" in request.POST:
                    remove(run.pk, row.pk)
                    messages.success(request, f"{label} ‘{row}’을(를) 지웠습니다.")
                    return redirect("admin:programs_camp", run.pk)
                if form.is_valid():
                    put(run.pk, pk=key, **form.cleaned_data)
                    messages.success(request, "저장했습니다.")
                    return redirect("admin:programs_camp", run.pk)
            except Refused as sentence:
                refused = str(sentence)
        title = f"{label} 고치기: {row}" if row else f"{label} 더하기"
        context = {"title": title, "run": run, "form": form, "refused": refused, "row": row}
        return self.show(request, "admin/programs/camp/part.html", context)

    # --- Sheets ------------------------------------------------------------------------------
    def day(self, request: HttpRequest, pk: int, day: str) -> HttpResponse:
        run = self._camp(pk)
        on, sessions = _day(run, day)
        context = {
            "title": "조별 하루 일정표",
            "run": run,
            "day": on,
            "sessions": sessions,
            "teams": camp_sheets.of_teams(run),
            "may_print": request.user.has_perm(UNMASK),
        }
        return self.show(request, "admin/programs/camp/day.html", context)

    def day_paper(self, request: HttpRequest, pk: int, day: str) -> HttpResponse:
        """With full names, so it asks why. It is handed out and not kept."""
        run = self._camp(pk)
        on, sessions = _day(run, day)
        form = ReasonForm(typed(request))
        if not (form.is_bound and form.is_valid()):
            context = {"title": "하루 일정표 인쇄", "run": run, "form": form, "action": "PDF 내려받기"}
            return self.show(request, "admin/programs/camp/why.html", context)
        context = {"run": run, "day": on, "sessions": sessions, "teams": camp_sheets.of_teams(run)}
        try:
            content = _paper("day", context, title=f"하루 일정표: {run.program.title}")
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:programs_camp_day", run.pk, day)
        self._log(request, AccessLog.Act.EXPORT, run, "캠프 하루 일정표 인쇄", form.cleaned_data["reason"])
        return _file(content, f"하루 일정표 {on:%Y%m%d}.pdf")

    def contacts(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        """A team's contacts and health: after a reason, written down, on a page or on paper."""
        run = self._camp(pk)
        team = get_object_or_404(Team.objects.select_related("run", "in_charge__user"), pk=key, run=run)
        form = ReasonForm(typed(request))
        if not (form.is_bound and form.is_valid()):
            title = f"{team} 비상 연락처와 건강 정보"
            context = {"title": title, "run": run, "form": form, "action": "열기", "paper": True}
            return self.show(request, "admin/programs/camp/why.html", context)
        reason, people = form.cleaned_data["reason"], camp_sheets.students(team)
        what = f"캠프 비상 연락처 회차 {run.pk} 조 {team.pk}"
        found = camp_sheets.contacts(team)
        if "paper" in request.POST:
            try:
                content = _paper("contacts", {"run": run, "team": team, "contacts": found}, title="캠프 비상 연락처")
            except Refused as refused:
                messages.error(request, str(refused))
                return redirect("admin:programs_camp", run.pk)
            access.record(request, AccessLog.Act.EXPORT, what, subjects=people, people=len(people), reason=reason)
            return _file(content, f"비상 연락처 {team}.pdf")
        access.record(request, AccessLog.Act.UNMASK, what, subjects=people, people=len(people), reason=reason)
        context = {"title": f"{team} 비상 연락처와 건강 정보", "run": run, "team": team, "contacts": found}
        response = self.show(request, "admin/programs/camp/contacts.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _log(self, request: HttpRequest, act: str, run: Run, what: str, reason: str) -> None:
        students = [one.student for one in camps.seated(run) if one.student]
        access.record(request, act, f"{what} 회차 {run.pk}", subjects=students, people=len(students), reason=reason)


def _day(run: Run, written: str) -> tuple[date, list[Any]]:
    try:
        on = date.fromisoformat(written)
        return on, camp_sheets.days(run)[on]
    except (ValueError, KeyError):
        raise Http404 from None


def _paper(name: str, context: dict[str, Any], *, title: str) -> bytes:
    centre = Centre.objects.current()
    context = {**context, "issuer": centre.name if centre else ""}
    return pdf.render(f"documents/programs/camp_{name}.html", context, title=title, dated=timezone.now())


def _file(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _key(written: str) -> int | None:
    return int(written) if written.isdecimal() else None


def _three(written: str) -> tuple[str, int | None, int | None]:
    kind, _colon, rest = written.partition(":")
    room, _colon, team = rest.partition(":")
    return kind, _key(room), _key(team)


def _chosen(request: HttpRequest) -> dict[int, tuple[str, int | None, int | None]]:
    """What the table says of each person, by key."""
    found = {}
    for name in request.POST:
        prefix, _dash, written = name.partition("-")
        if prefix == "was" and (key := _key(written)) is not None:
            kind, room, team = (request.POST.get(f"{column}-{key}", "") for column in ("kind", "room", "team"))
            found[key] = (kind, _key(room), _key(team))
    return found


def _changes(request: HttpRequest) -> list[Change]:
    """Only what was changed on this page; what others changed elsewhere stays."""
    return [
        Change(key, *to, was=was)
        for key, to in _chosen(request).items()
        if to != (was := _three(request.POST[f"was-{key}"]))
    ]


door(
    "캠프 운영",
    SEE,
    name="programs_camp",
    position=30,
    shown=lambda run: run.program.kind == Program.Kind.CAMP,
)
