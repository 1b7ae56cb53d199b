"""Children, their guardians, and the links that join them."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import consents, family, leaving, signup
from accounts.forms.family import AcceptForm, ChildForm, InviteForm, StudentForm
from accounts.models import GuardianConsentRequest, Guardianship, Invitation, Student
from accounts.views.onward import safe_next
from accounts.views.session import CONSENT_KEY, INVITATION_KEY
from lifecycle.locks import Refused
from lifecycle.masking import mask_name


@require_safe
def children(request: HttpRequest) -> HttpResponse:
    cared_for = Student.objects.cared_for_by(request.user).select_related("school", "neighbourhood")
    return render(request, "accounts/children.html", {"children": cared_for})


@require_http_methods(["GET", "POST"])
def child_add(request: HttpRequest) -> HttpResponse:
    words = consents.text(consents.Kind.CHILD)
    form = ChildForm(request.POST or None, terms=words.as_html())
    if form.is_valid():
        try:
            student = family.add_child(
                request.user,
                form.student(),
                relation=form.cleaned_data["relation"],
                consented=form.cleaned_data["consented"],
            )
        except family.NeedsPhone as refused:
            messages.warning(request, str(refused))
            return redirect(f"{reverse('account_change_phone')}?{urlencode({'next': request.get_full_path()})}")
        except family.NeedsConsent as refused:
            form.add_error("consented", str(refused))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            asked = GuardianConsentRequest.objects.filter(pk=request.session.pop(CONSENT_KEY, None))
            signup.forget_requests(asked)
            messages.success(request, _("%(name)s 학생을 등록했습니다.") % {"name": student.name})
            return redirect(safe_next(request) or "accounts:children")
    context = {"form": form, "asked_by_child": CONSENT_KEY in request.session}
    return render(request, "accounts/child_add.html", context)


@require_http_methods(["GET", "POST"])
def child(request: HttpRequest, pk: int) -> HttpResponse:
    """One child: what we know, who cares for them, which invitations wait."""
    cared_for = Student.objects.cared_for_by(request.user)
    student = get_object_or_404(cared_for.select_related("school", "neighbourhood", "user"), pk=pk)
    editable = student.handed_over_at is None
    form = _student_form(request, student)
    if request.method == "POST" and not editable:
        raise PermissionDenied
    if form.is_valid():
        family.update(student, form.changes())
        messages.success(request, _("저장했습니다."))
        return redirect("accounts:child", student.pk)
    context = {"student": student, "form": form, "editable": editable, **_circle(request, student)}
    return render(request, "accounts/child.html", context)


@require_http_methods(["GET", "POST"])
def student(request: HttpRequest) -> HttpResponse:
    """A student's own page: told first, changed later."""
    mine = Student.objects.filter(user=request.user, left_at=None).select_related("school", "neighbourhood").first()
    if request.user.birth_date is None and mine is None:
        raise PermissionDenied  # an account that staff made for other work
    form = _student_form(request, mine)
    if form.is_valid():
        try:
            if mine is None:
                me = request.user
                family.add_oneself(me, Student(name=me.name, birth_date=me.birth_date, **form.changes()))
            else:
                family.update(mine, form.changes())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("저장했습니다."))
            return redirect(safe_next(request) or "accounts:student")
    context = {"student": mine, "form": form, **(_circle(request, mine) if mine else {})}
    return render(request, "accounts/student.html", context)


def _student_form(request: HttpRequest, student: Student | None) -> StudentForm:
    if student is None:
        return StudentForm(request.POST or None)
    initial = {
        "status": student.status,
        "grade": student.current_grade,
        "neighbourhood": student.neighbourhood_id,
        "school_name": student.school_label,
    }
    return StudentForm(request.POST or None, initial=initial)


def _circle(request: HttpRequest, student: Student) -> dict[str, object]:
    """The people around a student, as one of them may see the others: a masked name and no address."""
    links = student.guardianships.current().select_related("guardian").order_by("pk")
    return {
        "guardians": [
            {
                "link": link,
                "mine": link.guardian_id == request.user.pk,
                "name": link.guardian.name if link.guardian_id == request.user.pk else mask_name(link.guardian.name),
            }
            for link in links
        ],
        "invitations": student.invitations.waiting().filter(invited_by=request.user),
        "own": student.user_id == request.user.pk,
    }


@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    student = get_object_or_404(Student.objects.editable_by(request.user), pk=pk)
    own = student.user_id == request.user.pk
    roles = [Invitation.Role.GUARDIAN.value]
    if student.user_id is None:
        roles.append(Invitation.Role.STUDENT.value)
    initial = {"role": request.GET.get("role")} if request.GET.get("role") in roles else None
    form = InviteForm(request.POST or None, roles=roles, initial=initial)
    back = reverse("accounts:student") if own else reverse("accounts:child", args=[student.pk])
    if form.is_valid():
        try:
            if not ratelimit.consume(request, action="invite"):
                raise Refused(_("오늘은 초대를 더 보낼 수 없습니다. 내일 다시 시도해 주세요."))
            family.invite(student, form.cleaned_data["role"], form.cleaned_data["contact"], by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("초대를 보냈습니다. 받은 분이 수락하면 연결됩니다."))
            return redirect(back)
    return render(request, "accounts/invite.html", {"form": form, "student": student, "own": own, "back": back})


@require_POST
def invitation_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.filter(invited_by=request.user), pk=pk)
    family.call_back(invitation)
    messages.success(request, _("초대를 취소했습니다."))
    if invitation.student.user_id == request.user.pk:
        return redirect("accounts:student")
    return redirect("accounts:child", invitation.student_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation's link leads: who asks, for whom, and one button to accept."""
    offered = Invitation.objects.waiting().with_token(token).select_related("student", "invited_by").first()
    if offered is None:
        return render(request, "accounts/link_over.html", status=410)
    wants_relation = offered.role == Invitation.Role.GUARDIAN
    form = AcceptForm(request.POST or None) if wants_relation else None
    refusal = ""
    if request.method == "POST":
        if not request.user.is_authenticated:
            request.session[INVITATION_KEY] = offered.pk
            target = "account_signup" if request.POST.get("answer") == "sign_up" else "account_login"
            return redirect(f"{reverse(target)}?{urlencode({'next': request.path})}")
        if form is None or form.is_valid():
            try:
                student = family.accept(
                    offered, by=request.user, relation=form.cleaned_data["relation"] if form else ""
                )
            except Refused as refused:
                refusal = str(refused)
            else:
                request.session.pop(INVITATION_KEY, None)
                messages.success(request, _("%(name)s 학생과 연결되었습니다.") % {"name": student.name})
                return redirect("accounts:children" if wants_relation else "accounts:student")
    context = {
        "invitation": offered,
        "form": form,
        "refusal": refusal,
        "inviter": mask_name(offered.invited_by.name),
        "student_name": mask_name(offered.student.name),
    }
    return render(request, "accounts/invitation.html", context)


@require_http_methods(["GET", "POST"])
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """End a guardianship: one's own, or, for a student of 14 or more, anybody's."""
    links = Guardianship.objects.current().select_related("guardian", "student")
    link = get_object_or_404(links, pk=pk)
    own = link.student.user_id == request.user.pk and not link.student.is_under_14
    if link.guardian_id != request.user.pk and not own:
        raise Http404
    if request.method == "POST":
        try:
            family.unlink(link, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("보호자 연결을 끝냈습니다."))
        return redirect("accounts:student" if own else "accounts:children")
    name = link.guardian.name if not own else mask_name(link.guardian.name)
    return render(request, "accounts/unlink.html", {"link": link, "own": own, "name": name})


@require_http_methods(["GET", "POST"])
def child_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop using the centre for a child who has no other guardian and no account."""
    student = get_object_or_404(Student.objects.cared_for_by(request.user), pk=pk)
    blockers = leaving.blockers(None, [student])
    if request.method == "POST" and not blockers:
        try:
            leaving.release(student, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("accounts:child", student.pk)
        messages.success(request, _("자녀의 이용을 종료하고 정보를 지웠습니다."))
        return redirect("accounts:children")
    return render(request, "accounts/child_leave.html", {"student": student, "blockers": blockers})


@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest) -> HttpResponse:
    """The page for a student who turned 14."""
    student = get_object_or_404(Student.objects.filter(left_at=None), user=request.user)
    if request.method == "POST":
        try:
            family.hand_over(student, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("이제 내 정보를 내가 직접 관리합니다."))
            return redirect("accounts:student")
    given = [answer for answer in consents.standing(student=student).values() if answer.given]
    return render(request, "accounts/handover.html", {"student": student, "given": given})
