"""Workers are killed with ``kill -9`` while notices go out: none is lost, and every doubt is visible.

``NOTICE_DRILL=full`` runs the drill of the design: 2,000 notices, 20 kills.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, LPad
from django.utils import timezone

from accounts.models import User
from gumcheon_portal.celery import app
from notices import mailing
from notices.kinds import EMAIL, SMS
from notices.models import Mailing, Notice
from notices.quiet import is_quiet
from tests.notices import crowd
from tests.notices.sinks import KEY, SECRET, SENDER, SERVICE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

NOTICES, KILLS = (2_000, 20) if os.environ.get("NOTICE_DRILL") == "full" else (240, 3)
LEASE_SECONDS = 3
MAILED = 60
PATIENCE_SECONDS = 60 + NOTICES / 3 + KILLS * 20  # on a machine that does ten other things


class Crew:
    """One worker at a time, killed and replaced, and a clock that asks for deliveries as the beat does."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self.environ, self.log = {**os.environ, **environ}, log
        self.worker: subprocess.Popen | None = None
        self.killed: list[int] = []
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Crew:
        self._clock.start()
        return self

    def __exit__(self, *exc) -> None:
        self._over.set()
        self._clock.join()
        self.kill()

    def start(self) -> None:
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        argv = ["worker", "-Q", "delivery", "--pool", "threads", "-c", "2", "-n", f"drill{len(self.killed)}@%h", *alone]
        argv += ["-I", "tests.notices.crowd"]  # an audience that the worker knows, too
        with self.log.open("ab") as output:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "gumcheon_portal.celery", "--quiet", *argv],
                env=self.environ,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.worker is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.killed.append(self.worker.pid)

    def _tick(self) -> None:
        while not self._over.wait(0.3):
            for task in ("notices.tasks.deliver", "notices.tasks.gather_lists"):
                app.send_task(task, queue="delivery", expires=2, retry=False)


@pytest.fixture
def crew(sms_sink, smtp, tmp_path):
    database = {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    environ = {
        "DJANGO_SETTINGS_MODULE": "tests.notices.worker_settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "TEST_DATABASE": json.dumps({key: str(value) for key, value in database.items()}),
        "SECRET_KEY": settings.SECRET_KEY,
        "SMS_PROVIDER": "sens",
        "SMS_URL": sms_sink.url,
        "SMS_SERVICE_ID": SERVICE,
        "SMS_KEY": KEY,
        "SMS_SECRET": SECRET,
        "SMS_SENDERS": SENDER,
        "SMS_CEILING_WON_A_MONTH": "100000000",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
        "NOTICE_LEASE_SECONDS": str(LEASE_SECONDS),
        "LOG_LEVEL": "WARNING",
    }
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge("delivery") if _exists(broker) else None
    with Crew(environ, tmp_path / "worker.log") as crew:
        yield crew


def _exists(broker) -> bool:
    return broker.default_channel._has_queue("delivery")


def owe(count: int) -> None:
    """``count`` notices, one in five of them a letter."""
    now = timezone.now()
    rows = []
    for number in range(count):
        letter = number % 5 == 0
        rows.append(
            Notice(
                kind="test.drill",
                key="drill",
                channel=EMAIL if letter else SMS,
                name="김하늘",
                address=f"p{number}@example.com" if letter else f"0101{number:07}",
                subject="알림" if letter else "",
                body=f"{number}번 알림",
                price_class="" if letter else Notice.Price.SMS,
                size=20,
                urgent=True,
                send_after=now,
                created_at=now,
                give_up_at=now + timedelta(hours=1),
            )
        )
    Notice.objects.bulk_create(rows)


def wait_for(what, crew: Crew, deadline: float) -> None:
    while not what():
        assert crew.worker.poll() is None, crew.log.read_text(encoding="utf-8")[-2_000:]
        assert time.monotonic() < deadline, f"still waiting: {Counter(Notice.objects.values_list('state', flat=True))}"
        time.sleep(0.02)


def test_killed_workers_lose_nothing_and_leave_at_most_one_doubt_each(crew, sms_sink, smtp):
    owe(NOTICES)
    sms_sink.wait_seconds = 0.005  # so that a kill finds a message in somebody's hands
    deadline = time.monotonic() + PATIENCE_SECONDS
    for kill in range(KILLS):
        crew.start()
        goal = (kill + 1) * NOTICES * 3 // 4 // (KILLS + 1)
        wait_for(lambda goal=goal: len(sms_sink.accepted) >= goal, crew, deadline)
        crew.kill()
    crew.start()
    unfinished = Notice.objects.filter(state__in=[Notice.State.DUE, Notice.State.HANDING])
    wait_for(lambda: not unfinished.exists(), crew, deadline)

    states = Counter(Notice.objects.values_list("state", flat=True))
    doubtful = set(Notice.objects.filter(state=Notice.State.UNKNOWN).values_list("address", flat=True))
    sent = set(Notice.objects.filter(state=Notice.State.SENT, channel=SMS).values_list("address", flat=True))
    arrived = Counter(message["to"] for message in sms_sink.accepted)
    letters = {mail["To"] for mail in smtp.mails}
    assert states[Notice.State.SENT] + states[Notice.State.UNKNOWN] == NOTICES  # none lost
    assert len(doubtful) <= KILLS  # at most one in the hands of each
    assert sent <= set(arrived)  # what is called sent arrived
    assert set(arrived) - sent <= doubtful  # what may have arrived unseen is shown as such
    assert max(arrived.values()) == 1  # nobody's phone rang twice
    assert len(letters) == NOTICES // 5
    assert len({mail["Message-ID"] for mail in smtp.mails}) == NOTICES // 5  # sent again, recognised as the same
    print(f"{NOTICES} notices, {KILLS} kills, {len(doubtful)} in doubt, {len(smtp.mails) - len(letters)} letters again")


def test_killed_in_the_middle_of_a_mailing_nobody_is_forgotten_and_nobody_told_twice(crew, sms_sink, smtp):
    """Once while the list is gathered, then while it is sent."""
    clerk = User.objects.create_user("clerk@example.com", name="정담당", is_staff=True)
    numbers = range(crowd.MANY)
    User.objects.bulk_create(User(email=f"crowd{number}@example.com", name="김보호") for number in numbers)
    made = mailing.write(crowd.CROWD, {}, by=clerk, title="안내")
    text = {"sms": "#{이름}님 안내", "email": "#{이름}님 안내", "subject": "안내"}
    made = mailing.revise(made, by=clerk, revision=made.revision, **text)
    Mailing.objects.filter(pk=made.pk).update(state=Mailing.State.EXPANDING)  # gathered by the workers alone
    deadline = time.monotonic() + PATIENCE_SECONDS

    crew.start()
    wait_for(lambda: made.addressees.count() >= crowd.MANY // 4, crew, deadline)
    crew.kill()
    gathered = made.addressees.count()
    crew.start()
    wait_for(lambda: Mailing.objects.get(pk=made.pk).state == Mailing.State.READY, crew, deadline)
    assert made.addressees.count() == crowd.MANY
    made.addressees.filter(pk__gt=made.addressees.order_by("pk")[MAILED - 1].pk).delete()  # enough for the rest
    made.addressees.filter(pk__in=list(made.addressees.values_list("pk", flat=True)[: MAILED // 2])).update(
        channel=SMS, address=Concat(Value("0101"), LPad(Cast("source", CharField()), 7, Value("0"))), price_class="sms"
    )
    if is_quiet(timezone.now()):
        made.addressees.update(channel=EMAIL, price_class="")
    made.refresh_from_db()
    mailing.send(made, by=clerk, revision=made.revision)
    arrived = lambda: len(sms_sink.accepted) + len(smtp.mails)  # noqa: E731
    wait_for(lambda: arrived() >= MAILED // 3, crew, deadline)
    crew.kill()
    crew.start()
    wait_for(lambda: Mailing.objects.get(pk=made.pk).state == Mailing.State.DONE, crew, deadline)

    states = Counter(made.addressees.values_list("state", flat=True))
    told = Counter(message["to"] for message in sms_sink.accepted)
    letters = {mail["To"] for mail in smtp.mails}
    assert states["sent"] + states["unknown"] == MAILED  # none lost
    assert states["unknown"] <= 1  # the one in the dead worker's hands
    assert not told or max(told.values()) == 1  # nobody's phone rang twice
    assert len({mail["Message-ID"] for mail in smtp.mails}) == len(letters)  # a letter sent again is the same letter
    assert len(letters) + len(told) >= MAILED - 1
    print(f"killed at {gathered} of {crowd.MANY} gathered, then at a third of {MAILED} sent: {dict(states)}")
