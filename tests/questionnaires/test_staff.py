"""Staff open answers per case, and every opening is logged; a file with a reason."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import User
from counseling.models import Counselor
from lifecycle.models import AccessLog
from questionnaires import answering, building, uploads
from questionnaires.models import Attachment, Questionnaire, Response
from tests.questionnaires import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def respond(case, version, parent):
    return answering.send(case, version, {"wish": "비밀 고민"}, by=parent, revision=0)


@pytest.fixture
def scan(case, version, parent):
    return uploads.receive(case, version, "record", name="기록.jpg", data=files.picture(), masked=True, by=parent)


@pytest.fixture
def staff(client, counselor):
    """The counsellor of the booking, at the keyboard."""
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    client.force_login(counselor.user)
    return client


@pytest.fixture
def colleague(db):
    user = User.objects.create_user("colleague@example.com", name="이도윤", is_staff=True)
    user.groups.add(Group.objects.get(name="상담사"))
    Counselor.objects.create(user=user, name="이도윤 상담사")
    return user


def admin(name, *args):
    return reverse(f"admin:questionnaires_{name}", args=args)


def test_the_counsellor_reads_the_answers_and_it_is_logged(staff, respond, student, counselor):
    page = staff.get(admin("response_change", respond.pk))
    assert "비밀 고민" in page.content.decode()
    entry = AccessLog.objects.about(student).get()
    assert (entry.by, entry.act) == (counselor.user, AccessLog.Act.VIEW)


def test_the_booking_leads_to_them(staff, respond, case):
    page = staff.get(reverse("admin:counseling_booking_change", args=[case.pk])).content.decode()
    assert admin("response_change", respond.pk) in page


def test_another_counsellor_does_not_find_them(client, colleague, scan, respond):
    client.force_login(colleague)
    assert "비밀" not in client.get(admin("response_changelist")).content.decode()
    for address in (admin("response_change", respond.pk), admin("attachment_change", scan.pk)):
        assert client.get(address).status_code == 302
    assert client.post(admin("attachment_open", scan.pk), {"reason": "궁금해서 봅니다"}).status_code == 404
    assert client.post(admin("attachment_check", scan.pk)).status_code == 404
    assert client.post(admin("response_reopen", respond.pk), {"reason": "그냥"}).status_code == 404
    assert not AccessLog.objects.exists()


def test_the_list_names_nobody(staff, respond, student):
    page = staff.get(admin("response_changelist")).content.decode()
    assert student.name not in page
    assert "김*늘" in page


def test_a_file_is_opened_with_a_reason_and_only_then(staff, scan, student):
    address = admin("attachment_open", scan.pk)
    assert staff.post(address, {"reason": ""}).status_code == 302
    assert not AccessLog.objects.filter(reason__gt="").exists()
    opened = staff.post(address, {"reason": "주민등록번호 가림 확인"})
    assert opened.status_code == 200
    assert opened.content.startswith(b"\xff\xd8\xff")
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert AccessLog.objects.about(student).get(reason="주민등록번호 가림 확인").what == f"첨부 파일 {scan.pk}"


def test_a_file_is_opened_by_no_mere_look(staff, scan):
    assert staff.get(admin("attachment_open", scan.pk)).status_code == 405


def test_who_may_not_check_opens_nothing_unchecked(staff, scan, counselor):
    from django.contrib.auth.models import Permission

    group = Group.objects.get(name="상담사")
    group.permissions.remove(Permission.objects.get(codename="check_attachment"))
    page = staff.post(admin("attachment_open", scan.pk), {"reason": "상담 준비로 봅니다"}, follow=True)
    assert "아직 확인하지 않은" in page.content.decode()
    assert staff.post(admin("attachment_check", scan.pk)).status_code == 403


def test_checking_and_sending_back_from_the_page(staff, scan):
    page = staff.get(admin("attachment_change", scan.pk)).content.decode()
    assert "가린 것을 확인했습니다" in page
    staff.post(admin("attachment_check", scan.pk))
    scan.refresh_from_db()
    assert scan.state == Attachment.State.CHECKED
    staff.post(admin("attachment_reject", scan.pk), {"reason": "두 번째 쪽에 보입니다."})
    scan.refresh_from_db()
    assert (scan.state, scan.rejected_because) == (Attachment.State.REJECTED, "두 번째 쪽에 보입니다.")


def test_reopening_from_the_page_asks_why(staff, respond):
    assert staff.post(admin("response_reopen", respond.pk), {"reason": ""}).status_code == 200
    staff.post(admin("response_reopen", respond.pk), {"reason": "성적표를 다시 올려 주세요."})
    respond.refresh_from_db()
    assert respond.state == Response.State.REOPENED


def test_the_first_page_counts_what_one_may_check(staff, scan, client, colleague):
    assert "가림을 확인할 첨부 파일" in staff.get(reverse("admin:index")).content.decode()
    client.force_login(colleague)
    assert "가림을 확인할 첨부 파일" not in client.get(reverse("admin:index")).content.decode()


# --- Building ----------------------------------------------------------------------------------
@pytest.fixture
def chief(client, db):
    user = User.objects.create_user("chief@example.com", name="정팀장", is_staff=True)
    user.groups.add(Group.objects.get(name="팀장(승인)"))
    client.force_login(user)
    return client


def question(**typed):
    return {
        "section": 0, "kind": "short", "text": "물음", "low": 1, "high": 5, "condition_op": "one_of",
        "keep": "standard", **typed,
    }  # fmt: skip


def test_a_form_is_built_by_buttons_from_nothing_to_published(chief):
    chief.post(admin("questionnaire_add"), {"name": "설문", "active": "on"})
    form = Questionnaire.objects.get(name="설문")
    build = admin("questionnaire_build", form.pk)
    add = admin("questionnaire_question_add", form.pk)
    chief.post(admin("questionnaire_section", form.pk, 0), {"title": "첫 묶음", "revision": 0})
    chief.post(add, question(text="고르기", kind="choice", choices="가\n나\n", revision=1))
    first = form.draft.design.questions[0]
    assert first.choices == ("가", "나")
    chief.post(add, question(text="왜요?", condition_key=first.key, condition_values="가", revision=2))
    chief.post(build, {"do": f"up:{form.draft.design.questions[1].key}", "revision": 3})
    page = chief.get(build).content.decode()
    assert "앞에 있는 문항에만" in page
    chief.post(build, {"do": f"down:{form.draft.design.questions[0].key}", "revision": 4})
    chief.post(build, {"do": "publish", "revision": 5})
    assert form.current.number == 1
    assert [one.text for one in form.current.design.questions] == ["고르기", "왜요?"]
    assert form.current.design.questions[1].condition.values == ("가",)
    chief.post(build, {"do": "draft"})
    assert form.draft.number == 2


def test_a_wrong_question_comes_back_with_what_was_typed(chief, version):
    draft = building.draft(version.questionnaire)
    page = chief.post(
        admin("questionnaire_question_add", version.questionnaire_id),
        question(text="보기 없는 물음", kind="choice", revision=draft.revision),
    )
    assert page.status_code == 200
    assert "서로 다른 보기를 둘 이상" in page.content.decode()
    assert "보기 없는 물음" in page.content.decode()


def test_a_published_form_has_no_page_to_change_a_question(chief, version):
    key = version.design.questions[0].key
    assert chief.get(admin("questionnaire_question", version.questionnaire_id, key)).status_code == 404


def test_every_question_of_a_draft_can_be_opened_and_saved_unchanged(chief, version):
    building.draft(version.questionnaire)
    for one in version.design.questions:
        address = admin("questionnaire_question", version.questionnaire_id, one.key)
        form = chief.get(address).context["form"]
        typed = {name: value for name, value in form.initial.items() if value is not None and value is not False}
        draft = version.questionnaire.draft
        assert chief.post(address, {**typed, "revision": draft.revision}).status_code == 302
    assert version.questionnaire.draft.design == version.design


def test_the_preview_shows_the_familys_page_and_sends_nothing(chief, version):
    page = chief.get(admin("questionnaire_preview", version.questionnaire_id, version.number)).content.decode()
    assert "나누고 싶은 이야기" in page
    assert page.count("disabled") >= 2


def test_a_copy_is_a_form_of_its_own(chief, version):
    chief.post(admin("questionnaire_copy", version.questionnaire_id), {"name": "사본", "revision": 0})
    assert Questionnaire.objects.get(name="사본").draft.body == version.body


def test_a_counsellor_reads_forms_and_changes_none(staff, version):
    build = admin("questionnaire_build", version.questionnaire_id)
    assert staff.get(build).status_code == 200
    assert staff.post(build, {"do": "draft"}).status_code == 403
    assert version.questionnaire.draft is None
