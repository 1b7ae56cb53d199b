"""Every page of the staff, on the demo centre: it opens, costs little, hides who people are, and is on the index."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Student, User
from gumcheon_portal.admin_site import OTHER, WORK, Link
from lifecycle.admin import MaskedAdmin, StaffAdmin
from lifecycle.admin.base import COUNT_CAP
from lifecycle.models import AccessLog, Lifecycle

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
OURS = list(admin.site._registry)
LINKS = [entry for entries in WORK.values() for entry in entries if isinstance(entry, Link)]

each_page = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)


@pytest.fixture(scope="module")
def chief(town) -> Client:
    """A superuser at the keyboard."""
    user = User.objects.create_superuser("chief@example.com", name="정최고")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    client = Client()
    client.force_login(user)
    return client


def page_of(model):
    return admin.site._registry[model]


def url(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def words(response) -> str:
    """What a person can read or find in the page."""
    assert response.status_code == 200, response.status_code
    response.render() if hasattr(response, "render") and not response.is_rendered else None
    return response.content.decode()


@pytest.fixture
def cheap() -> Callable:
    """Open a page within the budget of queries."""

    def cheap(client: Client, address: str) -> str:
        with CaptureQueriesContext(connection) as queries:
            text = words(client.get(address))
        said = [query["sql"][:150] for query in queries.captured_queries]
        assert len(said) <= MOST_QUERIES, "\n".join(said)
        return text

    return cheap


@each_page
def test_the_list_is_cheap(chief, cheap, model):
    cheap(chief, url(model, "changelist"))


@each_page
def test_the_list_is_searched_cheaply_where_it_can_be_searched(chief, cheap, model):
    if page_of(model).search_fields:
        cheap(chief, url(model, "changelist") + "?q=%EA%B9%80")


@each_page
def test_the_form_to_add_is_cheap(chief, cheap, model):
    address = url(model, "add")
    if chief.get(address).status_code not in (403, 404):  # a page whose rows nobody types
        cheap(chief, address)


@each_page
def test_the_page_of_one_row_is_cheap(chief, cheap, model):
    if row := model._default_manager.order_by("-pk").first():
        response = chief.get(url(model, "change", row.pk))
        if response.status_code != 302:  # a row this page leaves out, such as a released hold
            cheap(chief, url(model, "change", row.pk))


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_the_rooms_own_pages_are_cheap_and_ask_a_permission_that_exists(chief, cheap, link):
    app, codename = link.permission.split(".")
    assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()
    cheap(chief, reverse(f"admin:{link.name}"))


def test_the_index_is_cheap(chief, cheap):
    cheap(chief, reverse("admin:index"))


@pytest.mark.parametrize("name", ["counseling_figures", "counseling_booking_changelist", "counseling_board"])
def test_the_menu_marks_the_page_one_is_on_and_no_other(chief, name):
    address = reverse(f"admin:{name}")

    page = chief.get(address).content.decode()

    assert re.findall(r'<a href="([^"]+)" aria-current="page">', page) == [address]


def test_every_page_has_its_place_in_the_work():
    listed = {entry for entries in WORK.values() for entry in entries}
    assert {model._meta.label for model in OURS} - listed == set()
    assert OTHER not in WORK


@each_page
def test_every_page_stands_on_the_house_base(model):
    assert isinstance(page_of(model), StaffAdmin)


# --- Masks -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def secrets(town) -> set[str]:
    """What no list may show: full names and numbers of families, and everybody's e-mail and phone."""
    people = User.objects.filter(is_staff=False)
    found = {*people.values_list("name", flat=True), *Student.objects.values_list("name", flat=True)}
    for contact in ("phone", "email"):
        found |= set(people.exclude(**{contact: None}).values_list(contact, flat=True))
    return found - {""}


def leaks(text: str, secrets: set[str]) -> list[str]:
    shown = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)
    return sorted(secret for secret in secrets if secret in shown)


@each_page
def test_a_list_shows_nobody(chief, secrets, model):
    assert leaks(words(chief.get(url(model, "changelist"))), secrets) == []


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_the_rooms_own_pages_show_nobody(chief, secrets, link):
    assert leaks(words(chief.get(reverse(f"admin:{link.name}"))), secrets) == []


def test_a_leak_is_seen(secrets):
    """The control: a check that cannot fail proves nothing."""
    assert leaks(f"<td>{min(secrets)}</td>", secrets)


@each_page
def test_a_key_found_by_typing_shows_nobody(town, secrets, model):
    page = page_of(model)
    for row in model._default_manager.order_by("pk")[:20]:
        assert not isinstance(page, MaskedAdmin) or leaks(page.label(row), secrets) == []


# --- Guarded ---------------------------------------------------------------------------------
@each_page
def test_no_form_writes_a_state(town, model):
    if not issubclass(model, Lifecycle):
        return
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    page, row = page_of(model), model._default_manager.first() or model()
    assert "state" in page.get_readonly_fields(request, row) or not page.has_change_permission(request, row)
    assert not page.has_delete_permission(request, row)


# --- Who comes in ----------------------------------------------------------------------------
def test_for_a_family_these_pages_do_not_exist(town):
    client = Client()
    client.force_login(User.objects.filter(is_staff=False, is_active=True).first())
    for address in (reverse("admin:index"), url(AccessLog, "changelist"), reverse("admin:login")):
        assert client.get(address).status_code == 404


def test_nobody_logs_in_past_the_portals_own_door(town):
    answer = Client().get(reverse("admin:login"), {"next": "/admin/accounts/user/"})
    assert answer.url == f"{reverse('account_login')}?next=/admin/accounts/user/"


def test_staff_see_only_what_they_may_open(town):
    clerk = User.objects.create_user("clerk@example.com", name="이담당", is_staff=True)
    Authenticator.objects.create(user=clerk, type=Authenticator.Type.TOTP, data={})
    clerk.user_permissions.set(Permission.objects.filter(codename="view_accesslog"))
    client = Client()
    client.force_login(clerk)

    text = words(client.get(reverse("admin:index")))
    assert "개인정보 접속기록" in text
    assert "예약과 상담" not in text


# --- Long lists ------------------------------------------------------------------------------
def test_a_list_never_counts_beyond_its_cap(chief, cheap):
    user = User.objects.get(email="chief@example.com")
    AccessLog.objects.bulk_create(AccessLog(by=user, act="view", what=f"학생 {n}") for n in range(COUNT_CAP + 1))
    with CaptureQueriesContext(connection) as queries:
        text = words(chief.get(url(AccessLog, "changelist")))

    counts = [query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert counts
    assert all(f"LIMIT {COUNT_CAP}" in sql for sql in counts)
    assert f"{COUNT_CAP:,}건 이상" in text
