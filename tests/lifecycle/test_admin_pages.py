from __future__ import annotations

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import User
from lifecycle.models import AccessLog
from tables.files import rows_as_csv, rows_as_xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.lifecycle.house")]

LIST = "/admin/accounts/user/"


def codenames(*names):
    return Permission.objects.filter(codename__in=names)


@pytest.fixture
def clerk():
    """A member of staff who may see and change users, and nothing else."""
    user = User.objects.create_user("clerk@example.com", "long-enough-1", name="이담당", is_staff=True)
    user.user_permissions.set(codenames("view_user", "change_user"))
    return user


@pytest.fixture
def parent():
    return User.objects.create_user("parent@example.com", name="남궁민수", phone="01000001234")


def act(client, action, *people, **data):
    return client.post(LIST, {"action": action, "_selected_action": [person.pk for person in people], **data})


def test_a_list_shows_nobody_by_full_name_number_or_address(client, log_in, clerk, parent):
    log_in(clerk)
    page = client.get(LIST).content.decode()

    assert "남**수" in page
    assert "010-****-1234" in page
    assert "pa****@example.com" in page
    assert not [clear for clear in (parent.name, parent.phone, parent.email) if clear in page]


def test_opening_a_person_is_logged_with_the_five_elements(client, log_in, clerk, parent):
    log_in(clerk)
    client.get(f"{LIST}{parent.pk}/change/", REMOTE_ADDR="203.0.113.7")

    entry = AccessLog.objects.get()
    assert (entry.by, entry.ip, entry.subject, entry.act) == (clerk, "203.0.113.7", parent, AccessLog.Act.VIEW)
    assert entry.at is not None


def test_changing_a_person_is_logged_and_the_history_masks_the_name(client, log_in, clerk, parent):
    log_in(clerk)
    client.post(f"{LIST}{parent.pk}/change/", {"name": "남궁민주", "phone": parent.phone, "email": parent.email})

    assert AccessLog.objects.get().act == AccessLog.Act.CHANGE
    assert LogEntry.objects.get().object_repr == "남**주 · 010-****-1234 · pa****@example.com"


def test_unmasking_needs_its_own_permission(client, log_in, clerk, parent):
    log_in(clerk)
    page = act(client, "unmask", parent, reason="전화 상담 신청 확인")

    assert parent.name not in page.content.decode()
    assert not AccessLog.objects.exists()


def test_unmasking_asks_why_and_shows_nothing_before(client, log_in, clerk, parent):
    clerk.user_permissions.add(*codenames("unmask_personal_data"))
    log_in(clerk)

    for data in ({}, {"reason": "ㅇㅇ"}, {"reason": "    "}):
        page = act(client, "unmask", parent, **data).content.decode()
        assert "사유" in page
        assert parent.name not in page
    assert not AccessLog.objects.exists()


def test_an_answered_why_shows_the_chosen_people_and_is_logged(client, log_in, clerk, parent):
    clerk.user_permissions.add(*codenames("unmask_personal_data"))
    log_in(clerk)
    page = act(client, "unmask", parent, clerk, reason="전화 상담 신청 확인").content.decode()

    assert {parent.name, parent.phone, parent.email} <= set(page.replace("<", ">").split(">"))
    entry = AccessLog.objects.get()
    assert (entry.act, entry.people, entry.reason) == (AccessLog.Act.UNMASK, 2, "전화 상담 신청 확인")
    assert AccessLog.objects.about(parent).get() == entry


@pytest.mark.parametrize(("count", "shown"), [(50, True), (51, False)])
def test_one_unmasking_shows_a_page_of_people_at_most(client, log_in, clerk, count, shown):
    clerk.user_permissions.add(*codenames("unmask_personal_data"))
    log_in(clerk)
    people = User.objects.bulk_create(User(name=f"학생{n}", email=f"s{n}@example.com") for n in range(count))
    act(client, "unmask", *people, reason="전화 상담 신청 확인")

    assert AccessLog.objects.exists() is shown


def test_an_export_is_masked_and_logged(client, log_in, clerk, parent):
    clerk.user_permissions.add(*codenames("export_personal_data"))
    log_in(clerk)
    answer = act(client, "export", parent, reason="월말 점검 보고", form="csv", columns=["0", "1"])

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["이름", "휴대폰 번호"], ["남**수", "010-****-1234"]]
    entry = AccessLog.objects.get()
    assert (entry.act, entry.people, entry.subject_ids) == (AccessLog.Act.EXPORT, 1, [parent.pk])


def test_an_export_without_masks_needs_both_permissions(client, log_in, clerk, parent):
    clerk.user_permissions.add(*codenames("export_personal_data"))
    log_in(clerk)
    ask = {"reason": "월말 점검 보고", "form": "csv", "columns": ["0"], "unmask": "on"}
    assert parent.name not in act(client, "export", parent, **ask).content.decode("utf-8-sig")

    clerk.user_permissions.add(*codenames("unmask_personal_data"))
    assert parent.name in act(client, "export", parent, **ask).content.decode("utf-8-sig")


def test_nobody_deletes_a_person_by_hand(client, log_in, clerk, parent):
    clerk.user_permissions.add(*codenames("delete_user"))
    log_in(clerk)

    assert client.post(f"{LIST}{parent.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("text", ["=1+1", "+82", "-1", "@SUM(A1)", "\tx", "＝1"])
def test_a_text_is_no_formula_in_either_file(text):
    assert next(csv.reader(io.StringIO(rows_as_csv([[text]]).decode("utf-8-sig"), newline="")))[0] == f"'{text}"
    cell = load_workbook(io.BytesIO(rows_as_xlsx([["제목"], [text]]))).active["A2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


def test_a_number_stays_a_number():
    assert rows_as_csv([[-5]]).decode("utf-8-sig").strip() == "-5"
    assert load_workbook(io.BytesIO(rows_as_xlsx([["수"], [-5]]))).active["A2"].value == -5


def test_a_lookup_column_is_masked_and_called_in_korean(client, log_in, parent, django_assert_max_num_queries):
    log_in(User.objects.create_superuser("root@example.com", name="최고관리"))
    from accounts.models import Student

    Student.objects.create(name="남궁하늘", birth_date="2011-03-02", grade=9, user=parent)
    with django_assert_max_num_queries(15):
        page = client.get("/admin/accounts/student/").content.decode()

    assert "휴대폰 번호" in page
    assert "010-****-1234" in page
    assert "남**늘" in page
    assert reverse("admin:index")
