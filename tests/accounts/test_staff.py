from __future__ import annotations

from datetime import date

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import roles, tasks
from accounts.models import RoleGrant, User
from lifecycle.locks import Refused
from lifecycle.models import AccessLog

PASSWORD = "금천의 봄 2026"


@pytest.fixture(autouse=True)
def groups(db):
    for role in roles.ROLES:
        Group.objects.get_or_create(name=role)
    roles.sync()


@pytest.fixture
def boss(person):
    return person(name="최팀장", is_staff=True, is_superuser=True)


# --- The second factor -----------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/admin/", "/", "/accounts/me/", "/admin/accounts/user/"])
def test_staff_without_a_second_factor_get_nowhere_but_to_its_page(client, boss, path):
    client.force_login(boss)

    assert client.get(path).url == reverse("accounts:second_factor")


@pytest.mark.parametrize("name", ["accounts:second_factor", "mfa_activate_totp", "mfa_add_webauthn", "mfa_index"])
def test_staff_can_set_one_up(client, boss, name):
    client.post(reverse("account_login"), {"login": boss.phone, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert client.get(reverse(name)).status_code == 200


def test_staff_can_log_out_without_one(client, boss):
    client.force_login(boss)

    client.post(reverse("account_logout"))

    assert "_auth_user_id" not in client.session


def test_recovery_codes_alone_are_no_second_factor(client, boss):
    Authenticator.objects.create(user=boss, type=Authenticator.Type.RECOVERY_CODES, data={})
    client.force_login(boss)

    assert client.get("/admin/").url == reverse("accounts:second_factor")


def test_a_password_and_a_code_of_the_app_lead_to_work(client, boss):
    secret = generate_totp_secret()
    TOTP.activate(boss, secret)
    client.post(reverse("account_login"), {"login": boss.phone, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302

    counter = next(iter(yield_hotp_counters_from_time()))
    answer = client.post(reverse("mfa_authenticate"), {"code": f"{hotp_value(secret, counter):06d}"})

    assert answer.url == reverse("admin:index")
    assert client.get("/admin/").status_code == 200


def test_families_start_on_the_first_page(client, person):
    answer = client.post(reverse("account_login"), {"login": person().phone, "password": PASSWORD})

    assert answer.url == reverse("home")


def test_the_apps_key_is_not_stored_in_the_clear(boss):
    secret = generate_totp_secret()
    TOTP.activate(boss, secret)

    assert secret not in str(Authenticator.objects.get().data)


def test_families_need_no_second_factor(client, person):
    client.force_login(person())

    assert client.get(reverse("accounts:me")).status_code == 200


def test_a_lost_second_factor_is_reset_with_a_reason_and_a_trace(log_in, boss, person):
    colleague = person(is_staff=True)
    Authenticator.objects.create(user=colleague, type=Authenticator.Type.TOTP, data={})
    client = log_in(boss)
    form = {"action": "reset_second_factor", "_selected_action": [colleague.pk]}

    client.post(reverse("admin:accounts_user_changelist"), form)
    assert Authenticator.objects.filter(user=colleague).exists()
    client.post(reverse("admin:accounts_user_changelist"), form | {"reason": "휴대폰을 잃어버렸습니다"})

    assert not Authenticator.objects.filter(user=colleague).exists()
    assert AccessLog.objects.filter(act="change", reason="휴대폰을 잃어버렸습니다").count() == 1


# --- Idle ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("staff", "seconds", "stays"),
    [(False, 30 * 60 - 1, True), (False, 30 * 60, False), (True, 15 * 60 - 1, True), (True, 15 * 60, False)],
)
def test_idle_people_are_logged_out_at_the_very_minute(client, person, staff, seconds, stays):
    user = person(is_staff=staff)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        client.force_login(user)
        client.get(reverse("accounts:me"))
        clock.shift(seconds)
        page = client.get(reverse("accounts:me"))

    assert (page.status_code == 200) is stays


def test_one_press_starts_the_time_anew(client, person):
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        client.force_login(person())
        client.get(reverse("accounts:me"))
        clock.shift(30)
        client.post(reverse("accounts:stay"), {"next": "/accounts/me/children/"})
        clock.shift(30 * 60 - 1)

        assert client.get(reverse("accounts:me")).status_code == 200


def test_looking_at_the_page_that_offers_to_stay_works_without_a_script(client, person):
    client.force_login(person())

    page = client.get(reverse("accounts:stay"))

    assert "30분" in page.content.decode()
    assert client.post(reverse("accounts:stay"), {"next": "https://evil.example/"}).url == reverse("accounts:me")


def test_work_keeps_a_session_alive(client, person):
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        client.force_login(person())
        for _ in range(4):
            assert client.get(reverse("accounts:me")).status_code == 200
            clock.shift(29 * 60)


def test_a_login_is_not_idle_because_of_an_older_one(client, person):
    user = person()
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        client.force_login(user)
        client.get(reverse("accounts:me"))
        clock.shift(40 * 60)
        client.get(reverse("accounts:me"))
        client.post(reverse("account_login"), {"login": user.phone, "password": PASSWORD})

        assert client.get(reverse("accounts:me")).status_code == 200


# --- Roles -----------------------------------------------------------------------------------
def test_a_role_opens_what_the_rooms_promise_and_nothing_else(person, boss):
    user = person()
    roles.grant(user, roles.COUNSELOR, by=boss, reason="위촉")
    user = User.objects.get(pk=user.pk)

    assert user.is_staff
    assert user.has_perm("accounts.view_student")
    assert not user.has_perm("accounts.grant_role")


def test_the_last_role_gone_is_no_staff_any_more(person, boss):
    user = person()
    roles.grant(user, roles.COUNSELOR, by=boss, reason="위촉")
    roles.grant(user, roles.PROGRAMS, by=boss, reason="겸직")
    roles.revoke(user, roles.PROGRAMS, by=boss, reason="겸직 해제")
    assert User.objects.get(pk=user.pk).is_staff

    roles.revoke(user, roles.COUNSELOR, by=boss, reason="해촉")

    assert not User.objects.get(pk=user.pk).is_staff
    assert list(RoleGrant.objects.order_by("pk").values_list("act", flat=True)) == [
        "grant",
        "grant",
        "revoke",
        "revoke",
    ]


@pytest.mark.parametrize(
    ("role", "reason", "until"),
    [("없는 역할", "사유", None), (roles.BUDGET, "  ", None), (roles.BUDGET, "사유", date(2020, 1, 1))],
)
def test_a_grant_without_its_grounds_is_refused(person, boss, role, reason, until):
    with pytest.raises(Refused):
        roles.grant(person(), role, by=boss, reason=reason, until=until)

    assert not RoleGrant.objects.exists()


def test_nobody_gives_themselves_a_role(person):
    user = person(is_staff=True)

    with pytest.raises(Refused):
        roles.grant(user, roles.PRIVACY, by=user, reason="필요")


@pytest.mark.parametrize(("now", "left"), [("2026-12-31 23:59:00+09:00", True), ("2027-01-01 00:00:00+09:00", False)])
def test_a_role_ends_after_its_last_day(person, boss, now, left):
    user = person()
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False):
        roles.grant(user, roles.BUDGET, by=boss, reason="대직", until=date(2026, 12, 31))
    with time_machine.travel(now, tick=False):
        tasks.expire_roles()
        tasks.expire_roles()

    assert user.groups.filter(name=roles.BUDGET).exists() is left
    assert RoleGrant.objects.filter(act="expire").count() == (0 if left else 1)


def test_a_role_given_again_without_an_end_does_not_expire(person, boss):
    user = person()
    with time_machine.travel("2026-11-23 14:00:00+09:00", tick=False) as clock:
        roles.grant(user, roles.BUDGET, by=boss, reason="대직", until=date(2026, 12, 31))
        clock.shift(60)
        roles.grant(user, roles.BUDGET, by=boss, reason="발령")
    with time_machine.travel("2027-02-01 14:00:00+09:00", tick=False):
        tasks.expire_roles()

    assert user.groups.filter(name=roles.BUDGET).exists()


def test_the_history_of_roles_cannot_be_rewritten(person, boss):
    row = roles.grant(person(), roles.BUDGET, by=boss, reason="발령")

    for change in (lambda: RoleGrant.objects.filter(pk=row.pk).update(reason="x"), row.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_roles_are_given_in_the_admin_with_a_reason(log_in, boss, person):
    user = person()
    client = log_in(boss)
    form = {"user": user.pk, "role": roles.COUNSELOR, "act": "grant", "until": "", "reason": ""}

    client.post(reverse("admin:accounts_rolegrant_add"), form)
    assert not RoleGrant.objects.exists()
    client.post(reverse("admin:accounts_rolegrant_add"), form | {"reason": "신규 위촉"})
    client.post(reverse("admin:accounts_rolegrant_add"), form | {"act": "revoke", "reason": "해촉"})

    assert list(RoleGrant.objects.order_by("pk").values_list("act", "reason", "by")) == [
        ("grant", "신규 위촉", boss.pk),
        ("revoke", "해촉", boss.pk),
    ]


def test_staff_accounts_are_not_edited_by_whoever_may_edit_families(log_in, boss, person):
    officer = person()
    roles.grant(officer, roles.PRIVACY, by=boss, reason="지정")
    client = log_in(User.objects.get(pk=officer.pk))

    page = client.post(reverse("admin:accounts_user_change", args=[boss.pk]), {"name": "x"})

    assert page.status_code == 403


def test_a_family_opened_at_the_desk_logs_in_by_code(log_in, boss):
    from tests.accounts.conftest import code_for

    log_in(boss).post(
        reverse("admin:accounts_user_add"),
        {"name": "박전화", "phone": "010-0000-7777", "email": "", "birth_date": "1980-01-01"},
    )
    visitor = Client()
    visitor.post(reverse("account_request_login_code"), {"contact": "01000007777"})
    visitor.post(reverse("account_confirm_login_code"), {"code": code_for("01000007777")})

    assert visitor.get(reverse("accounts:me")).status_code == 200
    assert User.objects.get(phone="01000007777").phone_verified_at
