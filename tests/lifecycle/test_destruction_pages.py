from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from lifecycle import destruction, retention
from lifecycle.models import AccessLog, DestructionPlan, DestructionRecord

pytestmark = pytest.mark.django_db

State = DestructionPlan.State
MAY = ["view_destructionplan", "add_destructionplan", "approve_destructionplan", "view_destructionrecord"]


@pytest.fixture
def plan(officer, head):
    for person in (officer, head):
        person.user_permissions.set(Permission.objects.filter(codename__in=MAY))
    AccessLog.objects.create(by=officer, act="view", what="학생 1", at=timezone.now() - timedelta(days=800))
    return destruction.draft(retention.kind("lifecycle.access"), by=officer)


def verb(name, plan):
    return reverse(f"admin:lifecycle_destructionplan_{name}", args=[plan.pk])


def page(client, name, *args):
    return client.get(reverse(f"admin:lifecycle_{name}", args=args)).content.decode()


def test_the_table_of_periods_names_ground_and_number_and_offers_to_ask(client, log_in, officer, plan):
    destruction.reject(plan, by=None, reason="다시")
    log_in(officer)
    text = page(client, "destructionplan_periods")
    assert "안전성 확보조치 기준 제8조" in text
    assert "1건" in text

    client.post(reverse("admin:lifecycle_destructionplan_ask", args=["lifecycle.access"]))
    assert DestructionPlan.objects.get(state=State.DRAFTED).requested_by == officer


def test_who_asked_sees_no_button_to_agree(client, log_in, officer, head, plan):
    log_in(officer)
    assert "파기 승인" not in page(client, "destructionplan_change", plan.pk)
    log_in(head)
    assert "1건 파기 승인" in page(client, "destructionplan_change", plan.pk)


def test_a_second_person_agrees_and_destroys_and_the_register_shows_it(client, log_in, head, plan):
    log_in(head)
    client.post(verb("approve", plan), {"digest": plan.digest})
    assert "지금 파기" in page(client, "destructionplan_change", plan.pk)
    client.post(verb("carry_out", plan))

    plan.refresh_from_db()
    assert plan.state == State.DONE
    text = page(client, "destructionrecord_register")
    assert "개인정보 접속기록" in text
    assert "박팀장" in text
    assert "승인 대기 → 승인" in page(client, "destructionplan_change", plan.pk)


def test_who_asked_is_told_to_find_somebody_else(client, log_in, officer, plan):
    log_in(officer)
    answer = client.post(verb("approve", plan), {"digest": plan.digest}, follow=True)

    assert "다른 담당자가 승인해야 합니다" in answer.content.decode()
    plan.refresh_from_db()
    assert plan.state == State.DRAFTED


def test_refusing_needs_a_reason(client, log_in, head, plan):
    log_in(head)
    client.post(verb("reject", plan), {"reason": ""})
    plan.refresh_from_db()
    assert plan.state == State.DRAFTED

    client.post(verb("reject", plan), {"reason": "감사 자료로 필요합니다"})
    plan.refresh_from_db()
    assert plan.state == State.REJECTED
    assert plan.trail().last().reason == "감사 자료로 필요합니다"


def test_a_second_click_is_a_sentence(client, log_in, head, plan):
    log_in(head)
    client.post(verb("approve", plan), {"digest": plan.digest})
    answer = client.post(verb("approve", plan), {"digest": plan.digest}, follow=True)

    assert "이미 처리된 계획입니다" in answer.content.decode()


@pytest.mark.parametrize("name", ["approve", "reject", "carry_out"])
def test_verbs_are_posts_of_those_who_may(client, log_in, officer, plan, name):
    log_in(officer)
    assert client.get(verb(name, plan)).status_code == 405
    officer.user_permissions.clear()
    assert client.post(verb(name, plan)).status_code == 403


def test_the_pages_of_destruction_need_their_permission(client, log_in, officer, plan):
    officer.user_permissions.clear()
    log_in(officer)
    for name in ("destructionplan_periods", "destructionrecord_register"):
        assert client.get(reverse(f"admin:lifecycle_{name}")).status_code == 403


@pytest.mark.parametrize("year", ["", "1999", "9999", "-1", "둘", "٢٠٢٦"])
def test_an_impossible_year_shows_this_year(client, log_in, head, plan, year):
    log_in(head)
    assert (
        f"{timezone.localdate().year}년에 파기한 자료가 없습니다"
        in client.get(reverse("admin:lifecycle_destructionrecord_register"), {"year": year}).content.decode()
    )


def test_the_register_has_no_personal_data_of_the_destroyed(officer):
    names = {field.name for field in DestructionRecord._meta.get_fields()}
    assert names.isdisjoint({"name", "phone", "email", "rows", "subject_id"})
