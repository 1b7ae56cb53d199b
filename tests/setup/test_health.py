from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from gumcheon_portal.health import QUEUES
from gumcheon_portal.models import Heartbeat
from gumcheon_portal.tasks import show_life

pytestmark = pytest.mark.django_db
NOON = "2026-11-24 12:00:00+09:00"


def state_of(client) -> dict:
    response = client.get(reverse("healthz"))
    assert response.status_code == 200
    return response.json()


def everyone_is_alive() -> None:
    Heartbeat.show("beat")
    for queue in QUEUES:
        show_life(queue)


def test_before_anyone_showed_life_it_says_so(client):
    told = state_of(client)

    assert told["status"] == "degraded"
    assert told["database"] == "up"
    assert told["beat"] == {"state": "never seen", "seconds": None}
    assert set(told["workers"]) == {"default", "delivery", "pdf"}


def test_all_is_well_when_everyone_showed_life(client):
    everyone_is_alive()

    told = state_of(client)

    assert told["status"] == "ok"
    assert told["oldest_due_notice_seconds"] is None


@pytest.mark.parametrize(("seconds", "state"), [(120, "up"), (121, "late")])
def test_silence_is_late_after_two_minutes(client, seconds, state):
    with time_machine.travel(NOON, tick=False) as clock:
        everyone_is_alive()
        clock.shift(timedelta(seconds=seconds))

        assert state_of(client)["beat"] == {"state": state, "seconds": seconds}


def test_a_broker_that_is_away_delays_and_does_not_take_the_page_down(client, settings):
    everyone_is_alive()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    told = state_of(client)

    assert told["broker"] == "gone"
    assert told["status"] == "degraded"


def test_showing_life_again_moves_the_one_row(client):
    with time_machine.travel(NOON, tick=False) as clock:
        Heartbeat.show("beat")
        clock.shift(timedelta(minutes=1))
        Heartbeat.show("beat")

        assert Heartbeat.objects.get().at == timezone.now()


def test_it_needs_no_login_and_is_never_cached(client):
    response = client.get(reverse("healthz"))

    assert "no-store" in response["Cache-Control"]
    assert client.post(reverse("healthz")).status_code == 405
