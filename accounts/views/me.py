"""내 정보: what the centre knows of me, and how I change it, take it away or leave."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import affiliations as affiliation_book
from accounts import consents as consent_book
from accounts import disclosure, idle, leaving
from accounts.forms.me import AffiliationForm, LeaveForm, NameForm
from accounts.models import Affiliation, Consent, ConsentText, Student, User
from accounts.schoolyear import is_under_14
from accounts.views.onward import safe_next
from lifecycle.locks import Refused


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    student = Student.objects.filter(user=request.user, left_at=None).first()
    affiliations = list(request.user.affiliations.filter(ended_at=None))
    roles = {one.role for one in affiliations if one.confirmed_at}
    context = {
        "student": student,
        "children": Student.objects.cared_for_by(request.user).count(),
        "affiliations": len(affiliations),
        "teaches": bool(roles & {Affiliation.Role.TEACHER, Affiliation.Role.SCHOOL}),
        "works_with_us": Affiliation.Role.PARTNER in roles,
        "may_hand_over": student is not None and student.handed_over_at is None and not student.is_under_14,
    }
    return render(request, "accounts/me.html", context)


@require_http_methods(["GET", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if form.is_valid():
        request.user.name = form.cleaned_data["name"]
        request.user.save(update_fields=["name"])
        Student.objects.filter(user=request.user, handed_over_at__isnull=False).update(name=request.user.name)
        messages.success(request, _("이름을 바꾸었습니다."))
        return redirect("accounts:me")
    return render(request, "accounts/name.html", {"form": form})


# --- Affiliations ----------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def affiliations(request: HttpRequest) -> HttpResponse:
    form = AffiliationForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            affiliation_book.ask(request.user, data["role"], school=data["school"], partner=data["partner"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("소속을 신청했습니다. 센터에서 확인하면 알려 드립니다."))
            return redirect("accounts:affiliations")
    mine = request.user.affiliations.filter(ended_at=None).select_related("school", "partner").order_by("pk")
    return render(request, "accounts/affiliations.html", {"form": form, "affiliations": mine})


@require_POST
def affiliation_end(request: HttpRequest, pk: int) -> HttpResponse:
    affiliation = get_object_or_404(Affiliation, pk=pk, user=request.user)
    affiliation_book.end(affiliation)
    messages.success(request, _("소속을 지웠습니다."))
    return redirect("accounts:affiliations")


# --- Consents --------------------------------------------------------------------------------
@require_safe
def consents(request: HttpRequest) -> HttpResponse:
    """Every kind with its switch, every answer ever given, and what needs no consent and why."""
    words = {text.kind: text for text in ConsentText.objects.in_force()}
    students = list(Student.objects.editable_by(request.user))
    mine = consent_book.standing(user=request.user)
    rows = [_row(words[kind], None, mine) for kind in words if kind not in ConsentText.OF_STUDENTS]
    for student in students:
        standing = consent_book.standing(student=student)
        rows += [_row(words[kind], student, standing) for kind in words if _concerns(kind, student, standing)]
    history = Consent.objects.filter(user=request.user) | Consent.objects.filter(student__in=students)
    context = {"rows": rows, "history": history.select_related("text", "student")[:100]}
    return render(request, "accounts/consents.html", context)


def _concerns(kind: str, student: Student, standing: dict[str, Consent]) -> bool:
    """A child's consent is shown while the child is under 14 or as long as it stands."""
    if kind == ConsentText.Kind.CHILD:
        return student.is_under_14 or (kind in standing and standing[kind].given)
    return kind in ConsentText.OF_STUDENTS


def _row(text: ConsentText, student: Student | None, standing: dict[str, Consent]) -> dict[str, object]:
    last = standing.get(text.kind)
    return {"text": text, "student": student, "last": last, "given": last is not None and last.given}


@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """Give or withdraw one consent; one button each way."""
    kind, given = request.POST.get("kind"), request.POST.get("given")
    if kind not in ConsentText.Kind or given not in {"yes", "no"}:
        return HttpResponseBadRequest()
    student = None
    if kind in ConsentText.OF_STUDENTS:
        student = _student(request)
    verified = Consent.Verified.LOGIN
    if _is_a_childs(request.user, student, given):
        messages.error(request, _("만 14세 미만의 동의는 보호자만 바꿀 수 있습니다."))
        return redirect("accounts:consents")
    if kind == ConsentText.Kind.CHILD and student.is_under_14:
        if given == "no":
            messages.info(request, _("동의를 철회하면 자녀의 이용이 끝나고 정보가 지워집니다. 확인해 주세요."))
            return redirect("accounts:child_leave", student.pk)
        if not request.user.phone_verified_at:
            messages.warning(request, _("동의 확인 문자를 받을 휴대폰 번호를 먼저 확인해 주세요."))
            return redirect("account_change_phone")
        verified = Consent.Verified.SMS_NOTICE
    elif kind == ConsentText.Kind.CHILD and given == "yes":
        return HttpResponseBadRequest()  # from 14 on nobody consents in a student's place
    about = {"student": student} if student else {"user": request.user}
    consent_book.answer(kind, given == "yes", by=request.user, verified=verified, **about)
    messages.success(request, _("동의했습니다.") if given == "yes" else _("동의를 철회했습니다."))
    return redirect("accounts:consents")


def _is_a_childs(user: User, student: Student | None, given: str) -> bool:
    """Whether a child under 14 answers by itself, of which it may do one thing: take back what it agreed to as a user."""
    if student is not None:
        return student.is_under_14 and student.user_id == user.pk
    return given == "yes" and user.birth_date is not None and is_under_14(user.birth_date)


def _student(request: HttpRequest) -> Student:
    """The student whom a form speaks of, if the person may speak for them."""
    try:
        return Student.objects.editable_by(request.user).get(pk=request.POST.get("student", ""))
    except (ValueError, Student.DoesNotExist) as error:
        raise Http404 from error


# --- Taking one's data away, and leaving -----------------------------------------------------
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/my_data.html")


@never_cache
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    options = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(disclosure.disclose(request.user), encoder=DjangoJSONEncoder, json_dumps_params=options)
    response["Content-Disposition"] = f'attachment; filename="my-data-{timezone.localdate():%Y%m%d}.json"'
    return response


@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    students = leaving.going_with(request.user)
    blockers = leaving.blockers(request.user, students)
    form = LeaveForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            leaving.leave(request.user, because=form.cleaned_data["because"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            logout(request)
            messages.success(request, _("탈퇴했습니다. 개인정보는 바로 지웠습니다. 그동안 이용해 주셔서 고맙습니다."))
            return redirect("home")
    context = {"form": form, "students": students, "blockers": blockers}
    return render(request, "accounts/leave.html", context)


# --- The session -----------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def stay(request: HttpRequest) -> HttpResponse:
    """계속 이용: a button on its own page, or one press in the dialog that ``portal.js`` opens."""
    if request.method == "POST":
        idle.touch(request)
        if request.accepts("text/html"):
            return redirect(safe_next(request) or "accounts:me")
        return JsonResponse({"left": idle.left_seconds(request)})
    return render(request, "accounts/stay.html", {"minutes": idle.limit_seconds(request) // 60})


@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why staff need a second factor, and the two ways to get one."""
    return render(request, "accounts/second_factor.html")
