from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client

from accounts.models import User


def pytest_configure() -> None:
    """What tests do without: collected static files, slow password hashes, and the real ledger."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT = settings.BASE_DIR / "static"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DESTRUCTION_LEDGER = Path(tempfile.mkdtemp(prefix="portal-tests-")) / "destroyed.jsonl"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on the shared demo centre come first: transactional ones empty the tables that migrations filled."""
    items.sort(key=lambda item: "town" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let the test database, and no other, empty its append-only tables between tests; give the roles their work."""
    with django_db_blocker.unblock():
        name = str(connection.settings_dict["NAME"])
        assert name.startswith("test_"), f"{name} is no test database: mark the tests with django_db"
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} "
                "SET portal.truncate = 'on'"
            )
        call_command("sync_roles", verbosity=0, stdout=StringIO())
        connection.close()  # the setting reaches new connections only


@pytest.fixture
def at_once() -> Callable[..., list]:
    """Run callables in threads of their own, started together; return results or exceptions, in order."""

    def run(*calls: Callable[[], object]) -> list:
        results: list = [None] * len(calls)
        start = threading.Barrier(len(calls), timeout=10)

        def one(index: int, call: Callable[[], object]) -> None:
            try:
                connection.ensure_connection()
                start.wait()
                results[index] = call()
            except Exception as error:  # whatever a racer meets is its result
                results[index] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return results

    return run


@pytest.fixture
def meeting_point(monkeypatch) -> Callable[[object, str], None]:
    """Let every transaction that came past a function wait until a second one has, too (or a second is over)."""

    def at(module: object, function: str) -> None:
        barrier, original = threading.Barrier(2, timeout=1), getattr(module, function)

        def wait(*args, **kwargs):
            result = original(*args, **kwargs)
            with suppress(threading.BrokenBarrierError):
                barrier.wait()
            return result

        monkeypatch.setattr(module, function, wait)

    return at


@pytest.fixture
def log_in(client: Client) -> Callable[[User], Client]:
    """Log somebody in; staff have the second factor without which no page opens for them."""

    def log_in(user: User) -> Client:
        if user.is_staff:
            Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {}})
        client.force_login(user)
        return client

    return log_in


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """The demo centre, made once for a file of tests and rolled back after it."""
    demo, settings.DEMO = settings.DEMO, True
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", stdout=StringIO())
        yield
        transaction.set_rollback(True)
    settings.DEMO = demo
