"""The hint after a commit: heard when the broker is there, harmless when it is gone."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from django.db import connection, transaction
from kombu import pools

from gumcheon_portal.celery import app
from notices import delivery, outbox
from notices.hint import hint, messenger
from notices.models import Notice
from notices.outbox import Recipient

pytestmark = pytest.mark.django_db(transaction=True)

SOMEBODY = Recipient("김보호", phone="01000000001")


class Broken:
    """A broker that takes every call and hangs up."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                call, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            call.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def broker(declare):
    """The portal's broker address leads to a server that hangs up."""
    declare()
    broken, address = Broken(), app.conf.broker_url
    _point_to(f"redis://127.0.0.1:{broken.port}/0")
    messenger.wake()
    yield broken
    messenger.wake()
    _point_to(address)
    broken.close()


def _point_to(address: str) -> None:
    app.conf.update(broker_url=address, broker_read_url=address, broker_write_url=address)
    pools.reset()
    app.amqp._producer_pool = app._pool = None


def until(what) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_post_without_a_broker_is_kept_and_asks_only_once(broker, say):
    say(SOMEBODY, key="booking/0")
    until(lambda: messenger.rests)
    first = broker.calls
    for number in range(1, 30):
        say(SOMEBODY, key=f"booking/{number}")
    assert broker.calls == first <= 2
    assert Notice.objects.filter(state=Notice.State.DUE).count() == 30


def test_the_sweep_delivers_all_of_it_afterwards_and_nothing_twice(broker, say):
    for number in range(10):
        say(SOMEBODY, key=f"booking/{number}")
    assert delivery.deliver_due() == 10
    assert delivery.deliver_due() == 0
    assert Notice.objects.filter(state=Notice.State.SENT, attempts=1).count() == 10


def test_after_a_rest_the_broker_is_asked_again(broker):
    hint()
    until(lambda: messenger.rests)
    first = broker.calls
    messenger.wake()
    hint()
    until(lambda: broker.calls > first)


def test_a_transaction_that_posts_much_hints_once(broker):
    with transaction.atomic():
        for number in range(5):
            outbox.post("test.booked", to=[SOMEBODY], key=f"{number}", context={"학생": "하늘", "일시": "내일"})
        assert [waiting[1] for waiting in connection.run_on_commit] == [hint]
