"""A slot's form that was left half empty comes back with its mistakes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from counseling.models import Slot

pytestmark = pytest.mark.django_db

WHOLE = {"day": "2026-11-27", "starts": "10:00", "ends": "10:50"}


@pytest.mark.parametrize("missing", [{"day"}, {"starts"}, {"ends"}, {"day", "starts", "ends"}])
def test_a_slot_without_its_time_is_not_saved(client, counselor, missing):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    typed = {"counselor": counselor.pk, "modes": ["visit"], **{k: v for k, v in WHOLE.items() if k not in missing}}

    page = client.post(reverse("admin:counseling_slot_add"), typed)

    assert page.status_code == 200
    assert set(page.context["adminform"].form.errors) == missing
    assert not Slot.objects.exists()
