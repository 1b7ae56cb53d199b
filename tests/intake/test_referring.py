"""Referrals and priorities: who may know of them, and that nobody else can find out."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Affiliation, School, Student
from counseling import rules
from intake import priorities, referring
from intake.models import Priority, Referral, ReferralCode, Stage
from lifecycle.locks import Refused
from lifecycle.models import AccessLog
from notices.models import Notice

pytestmark = pytest.mark.django_db

SECRET = "공부할 곳이 없어 힘들어합니다."


@pytest.fixture
def school(db):
    return School.objects.create(office_code="B10", neis_code="1", name="별빛중학교", kind="middle", is_local=True)


@pytest.fixture
def pupil(student, school):
    Student.objects.filter(pk=student.pk).update(school=school)
    student.refresh_from_db()
    return student


@pytest.fixture
def teacher(make_parent, school):
    user = make_parent("이선생")
    Affiliation.objects.create(
        user=user, role="teacher", school=school, confirmed_at=timezone.now(), confirmed_by=make_parent("확인")
    )
    return user


@pytest.fixture
def staged(rule):
    rules_row = rule(takes_referrals=True, everyone_after_days=20)
    Stage.objects.create(rules=rules_row, invited=True, enrolled=False, graduates=False, out_of_school=False)
    return rules_row


@pytest.fixture
def wish(topic, pupil):
    return {"subject": f"counseling:{topic.pk}", "reason": SECRET, "name": pupil.name, "birth_date": pupil.birth_date}


@pytest.fixture
def referral(client, teacher, staged, wish):
    client.force_login(teacher)
    client.post(reverse("intake:refer"), wish)
    return Referral.objects.get()


def words(client, url):
    return client.get(url).content.decode()


def test_a_teacher_refers_by_name_and_birth_date(referral, teacher, pupil, topic, parent):
    assert (referral.student, referral.teacher, referral.subject) == (pupil, teacher, topic.pk)
    assert referral.reason == SECRET
    letter = Notice.objects.filter(kind="intake.letter", channel="email", recipient=parent).get()
    assert reverse("intake:letter", args=[referral.pk]) in letter.body
    assert not any(word in letter.subject + letter.body for word in ("의뢰", "선생님", topic.name, SECRET))


def test_who_is_referred_comes_first_for_this_topic(referral, make_slot, pupil, topic):
    slot = make_slot("2026-12-20 14:00")

    assert rules.verdict(pupil.pk, topic, slot.starts_at, now=timezone.now()).allowed
    later = referral.valid_until
    assert not rules.facts(pupil.pk, topic, now=later)[1].referred
    assert rules.facts(pupil.pk, topic, now=later - timedelta(microseconds=1))[1].referred


def test_a_family_reads_it_and_may_decline(referral, client, parent, make_slot, pupil, topic):
    client.force_login(parent)
    url = reverse("intake:letter", args=[referral.pk])

    assert SECRET in words(client, url)
    client.post(url)
    referral.refresh_from_db()
    assert referral.state == Referral.State.DECLINED
    slot = make_slot("2026-12-20 14:00")
    assert not rules.verdict(pupil.pk, topic, slot.starts_at, now=timezone.now()).allowed


def test_other_families_and_teachers_find_nothing(referral, client, make_parent, parent):
    client.force_login(make_parent("남"))

    assert client.get(reverse("intake:letter", args=[referral.pk])).status_code == 404
    assert client.get(reverse("intake:refer")).status_code == 404
    assert client.post(reverse("intake:withdraw", args=[referral.pk])).status_code == 404


def test_a_colleague_who_refers_too_cannot_tell_that_somebody_did(referral, client, make_parent, school, wish, pupil):
    colleague = make_parent("박선생")
    Affiliation.objects.create(
        user=colleague, role="teacher", school=school, confirmed_at=timezone.now(), confirmed_by=make_parent("확인")
    )
    client.force_login(colleague)

    answer = client.post(reverse("intake:refer"), wish, follow=True)
    assert answer.redirect_chain
    assert "이미" not in answer.content.decode()
    assert Referral.objects.filter(student=pupil, state="open").count() == 2


def test_a_referral_whose_time_is_over_is_not_called_running(referral, client, parent, teacher, monday_morning, pupil):
    pages = [(parent, reverse("intake:letter", args=[referral.pk])), (parent, reverse("intake:code", args=[pupil.pk]))]
    pages.append((teacher, reverse("intake:refer")))
    for moment, running in [(referral.valid_until - timedelta(seconds=1), True), (referral.valid_until, False)]:
        monday_morning.move_to(moment)
        for user, page in pages:
            client.force_login(user)
            assert ("진행 중" in words(client, page)) is running, page


def test_a_name_typed_on_a_mac_is_the_same_name(client, teacher, staged, wish, pupil):
    client.force_login(teacher)
    client.post(reverse("intake:refer"), wish | {"name": unicodedata.normalize("NFD", pupil.name)})

    assert Referral.objects.get().student == pupil


def test_the_counsellor_of_the_topic_reads_the_reason(referral, counselor, log_in, pupil):
    client = log_in(counselor.user)
    counselor.user.groups.add(Group.objects.get(name="상담사"))

    assert SECRET in words(client, reverse("admin:intake_referral_change", args=[referral.pk]))
    assert "김*늘" in words(client, reverse("admin:intake_referral_changelist"))
    looks = AccessLog.objects.about(pupil).filter(by=counselor.user)
    assert {look.what for look in looks} == {"학생 정보 확인"}
    client.post(reverse("admin:intake_referral_done", args=[referral.pk]))
    referral.refresh_from_db()
    assert referral.state == Referral.State.DONE


def test_the_counsellor_of_another_topic_reads_nothing(referral, make_counselor, log_in):
    other = make_counselor("이도윤 상담사", topics=())
    other.user.groups.add(Group.objects.get(name="상담사"))
    client = log_in(other.user)

    assert client.get(reverse("admin:intake_referral_change", args=[referral.pk])).status_code == 302
    assert "김*늘" not in words(client, reverse("admin:intake_referral_changelist"))
    assert client.post(reverse("admin:intake_referral_done", args=[referral.pk])).status_code == 404


def test_whoever_may_do_everything_reads_no_referral(referral, make_parent, log_in):
    chief = make_parent("정최고")
    chief.is_staff = True
    chief.save()
    chief.user_permissions.set(Permission.objects.all())
    client = log_in(chief)
    assert client.get(reverse("admin:intake_referral_changelist")).status_code == 403

    chief.is_superuser = True
    chief.save()
    assert client.get(reverse("admin:intake_referral_change", args=[referral.pk])).status_code == 302
    pages = [
        reverse("admin:intake_referral_changelist"),
        reverse("admin:lifecycle_accesslog_changelist"),
        reverse("admin:lifecycle_transition_changelist"),
        reverse("admin:notices_notice_changelist"),
    ]
    for page in pages:
        assert SECRET not in words(client, page)
    assert "김*늘" not in words(client, pages[0])
    assert "의뢰 " not in words(client, pages[1])


@pytest.mark.parametrize("wrong", [{"name": "김가람"}, {"birth_date": date(2011, 5, 6)}], ids=["name", "birth date"])
def test_a_wrong_guess_finds_nobody(client, teacher, staged, wish, wrong):
    client.force_login(teacher)

    page = client.post(reverse("intake:refer"), wish | wrong).content.decode()
    assert "찾지 못했습니다" in page
    assert SECRET in page
    assert not Referral.objects.exists()


def test_a_pupil_of_another_school_is_found_by_the_familys_code_alone(client, teacher, staged, wish, pupil, parent):
    Student.objects.filter(pk=pupil.pk).update(school=None)
    client.force_login(teacher)
    client.post(reverse("intake:refer"), wish)
    assert not Referral.objects.exists()

    client.force_login(parent)
    client.post(reverse("intake:code", args=[pupil.pk]))
    code = ReferralCode.objects.get().code
    assert code in words(client, reverse("intake:code", args=[pupil.pk]))
    client.force_login(teacher)
    client.post(reverse("intake:refer"), {**wish, "name": "", "birth_date": "", "code": code.lower()})
    assert Referral.objects.get().student == pupil


def test_a_code_is_over_when_its_time_is(client, teacher, staged, wish, pupil, parent, monday_morning):
    code = referring.make_code(pupil, by=parent)
    monday_morning.move_to(timezone.localtime(code.valid_until))
    client.force_login(teacher)

    client.post(reverse("intake:refer"), {**wish, "name": "", "birth_date": "", "code": code.code})
    assert not Referral.objects.exists()


def test_guessing_ends_after_ten_misses_a_day(client, teacher, staged, wish, monday_morning):
    client.force_login(teacher)
    for n in range(referring.MOST_MISSES):
        client.post(reverse("intake:refer"), wish | {"name": f"아무개{n}"})

    page = client.post(reverse("intake:refer"), wish).content.decode()
    assert "오늘은 더 찾을 수 없습니다" in page
    assert not Referral.objects.exists()
    monday_morning.shift(timedelta(days=1, seconds=1))
    client.force_login(teacher)
    client.post(reverse("intake:refer"), wish)
    assert Referral.objects.exists()


def test_two_pupils_of_one_name_and_day_need_the_code(client, teacher, staged, wish, pupil):
    Student.objects.create(name=pupil.name, birth_date=pupil.birth_date, school=pupil.school, grade=9, grade_year=2026)
    client.force_login(teacher)

    assert "찾지 못했습니다" in client.post(reverse("intake:refer"), wish).content.decode()


def test_an_unconfirmed_teacher_has_no_such_page(client, make_parent, school):
    user = make_parent("박선생")
    Affiliation.objects.create(user=user, role="teacher", school=school)
    client.force_login(user)

    assert client.get(reverse("intake:refer")).status_code == 404


def test_once_referred_is_enough_and_a_teacher_may_take_it_back(referral, client, teacher, wish):
    client.force_login(teacher)
    assert "이미 의뢰하셨습니다" in client.post(reverse("intake:refer"), wish).content.decode()

    client.post(reverse("intake:withdraw", args=[referral.pk]))
    referral.refresh_from_db()
    assert referral.state == Referral.State.WITHDRAWN
    client.post(reverse("intake:refer"), wish)
    assert Referral.objects.count() == 2


# --- Priorities ------------------------------------------------------------------------------


@pytest.fixture
def officer(make_parent):
    user = make_parent("한담당")
    user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name="개인정보 담당"))
    return user


def test_an_officer_gives_and_ends_a_priority_one_student_at_a_time(officer, student, log_in):
    client, url = log_in(officer), reverse("admin:intake_priorities")
    today = timezone.localdate()
    client.post(url, {"student": student.pk, "first_day": today, "last_day": today, "reason": SECRET})

    row = Priority.objects.get()
    assert (row.student, row.reason, row.given_by) == (student, SECRET, officer)
    assert SECRET in words(client, f"{url}?student={student.pk}")
    assert SECRET not in words(client, url)
    assert {look.what for look in AccessLog.objects.about(student).filter(by=officer)} == {"학생 정보 확인"}
    client.post(url, {"student": student.pk, "end": row.pk})
    row.refresh_from_db()
    assert row.ended_by == officer


@pytest.mark.parametrize("role", ["상담사", "프로그램 담당", "감사(열람)"])
def test_other_roles_have_no_such_page(make_parent, log_in, role):
    user = make_parent("다른 직원")
    user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name=role))

    assert log_in(user).get(reverse("admin:intake_priorities")).status_code == 403


def test_trying_the_rules_tells_nobody_of_a_priority(officer, counselor, student, topic, staged, log_in):
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    client = log_in(counselor.user)
    url = reverse("admin:counseling_topic_try", args=[topic.pk])
    asked = {"student": student.pk, "day": "2026-12-20"}
    before = words(client, f"{url}?student={student.pk}&day=2026-12-20")
    today = timezone.localdate()
    priorities.give(student, first_day=today, last_day=today, reason=SECRET, by=officer)

    after = client.get(url, asked).content.decode()
    assert "지금은 예약할 수 없습니다." in after
    cut = lambda page: page[page.index('id="verdict"') : page.index("<form method")]  # noqa: E731
    assert cut(before) == cut(after)
    assert AccessLog.objects.about(student).filter(by=counselor.user).count() == 2


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [(-3, -1, "앞설 수 없습니다"), (0, 400, "1년까지"), (2, 1, "앞설 수 없습니다"), (5, 9, "이미 우선 지원이")],
)
def test_impossible_days_are_refused(officer, student, first, last, sentence):
    today = timezone.localdate()
    priorities.give(student, first_day=today, last_day=today + timedelta(days=5), reason=SECRET, by=officer)

    with pytest.raises(Refused, match=sentence):
        priorities.give(
            student,
            first_day=today + timedelta(days=first),
            last_day=today + timedelta(days=last),
            reason=SECRET,
            by=officer,
        )


def test_an_invented_student_is_tried_stage_by_stage(counselor, topic, staged, log_in):
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    page = words(
        log_in(counselor.user),
        reverse("admin:counseling_topic_try", args=[topic.pk]) + "?day=2026-12-20&grade=9&status=enrolled",
    )

    assert "2026. 12. 10.(목) 00:00" in page
    assert "센터가 먼저 안내한 학생" in page
    assert "아직 아님" in page


@pytest.mark.parametrize(
    "asked",
    ["student=²&day=2026-12-20", f"student={'9' * 30}&day=", "day=9999-12-31", "day=0001-01-01", "student=-1&day=x"],
)
def test_strange_addresses_are_no_errors(counselor, topic, staged, log_in, asked):
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    client = log_in(counselor.user)
    assert client.get(f"{reverse('admin:counseling_topic_try', args=[topic.pk])}?{asked}").status_code == 200


def test_rules_are_read_back_while_they_are_typed(make_parent, log_in, staged):
    chief = make_parent("정팀장")
    chief.is_staff = True
    chief.save()
    chief.groups.add(Group.objects.get(name="팀장(승인)"))
    client = log_in(chief)
    typed = {
        "of": staged.pk, "name": "새 규칙", "enrolled": "on", "graduates": "on", "out_of_school": "on",
        "first_grade": "7", "last_grade": "12", "residents": "on", "pupils": "on", "place_match": "any",
        "open_hour": "10", "everyone_after_days": "3", "open_most": "2", "open_scope": "all", "year_kind": "school",
        "year_scope": "one", "cancel_days": "2", "cancel_hour": "12", "change_days": "2", "change_hour": "12",
        "changes_most": "1", "noshow_pause_at": "2", "noshow_pause_months": "1", "noshow_lapse_months": "12",
        "appeal_days": "14", "stages-TOTAL_FORMS": "1", "stages-INITIAL_FORMS": "0", "stages-0-after_days": "0",
        "stages-0-invited": "on", "stages-0-enrolled": "on", "stages-0-first_grade": "12", "stages-0-place_match": "any",
        "caps-TOTAL_FORMS": "1", "caps-INITIAL_FORMS": "0", "caps-0-first_grade": "10", "caps-0-last_grade": "11",
        "caps-0-most": "1",
    }  # fmt: skip

    said = client.post(reverse("admin:intake_ruleset_read_back"), typed).content.decode()
    assert "금천구에 살거나 금천구 학교에 다니는 중1~고3, 졸업생, 학교 밖 청소년이 대상입니다." in said
    assert "여는 날: 고3, 센터가 먼저 안내한 학생" in said
    assert "여는 날부터 3일 뒤: 대상 학생 모두" in said
    assert "고1~고2 1번까지" in said
    assert "상담 2일 전 12시 전까지" in said
    staged.refresh_from_db()
    assert staged.first_grade is None  # nothing was saved
    wrong = client.post(reverse("admin:intake_ruleset_read_back"), typed | {"open_hour": "25"}).content.decode()
    assert "확인해 주세요" in wrong
