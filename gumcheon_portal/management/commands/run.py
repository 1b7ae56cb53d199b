from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from http import HTTPStatus
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connections

from gumcheon_portal.demo import logins
from gumcheon_portal.embedded import pair, sentences
from gumcheon_portal.embedded.children import Child, end_with_ours, end_with_parent
from gumcheon_portal.embedded.places import DataFolder
from gumcheon_portal.embedded.start import unreachable
from gumcheon_portal.embedded.supervisor import Stopped, Supervisor, fresh_log
from gumcheon_portal.reload import Changes
from gumcheon_portal.static_stamp import collect

WEB_SECONDS = 60
WORKERS = {"작업 프로세스": ("default,delivery", "threads", 2), "문서 작업 프로세스": ("pdf", "prefork", 1)}


class Command(BaseCommand):
    """Serve the whole portal from one foreground process: servers, web, workers and beat."""

    help = "포털을 실행합니다. 주소가 지정되지 않은 PostgreSQL과 Redis는 내장 서버로 띄웁니다."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reload", action="store_true", help="코드가 바뀌면 다시 시작합니다(개발용).")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reload"] and not settings.DEBUG:  # the settings are read by now: start again with the switch on
            os.environ["DEBUG"] = "true"
            os.execv(sys.executable, [sys.executable, *sys.argv])
        if "MAKELEVEL" in os.environ:
            end_with_ours(signal.SIGTERM)  # a killed make must not leave a portal behind
        port = free_port(os.environ.get("PORT") or "8000")
        self.address = f"http://127.0.0.1:{port}"
        self.folder = DataFolder(settings.PORTAL_DATA)
        try:
            self.folder.prepare()
            ownership = pair.hold(self.folder)
            with Supervisor(self.say) as supervisor:
                self.serve(supervisor, ownership, port, reload=options["reload"])
        except Stopped:
            return
        except sentences.CannotStart as sentence:
            raise CommandError(str(sentence)) from None
        except OperationalError as error:
            raise CommandError(unreachable(error)) from None

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def serve(self, supervisor: Supervisor, ownership: pair.Ownership, port: int, *, reload: bool) -> None:
        self.start_servers(supervisor)
        ownership.note(what=pair.PORTAL, ready=True, address=self.address)
        self.prepare_contents(reload=reload)
        supervisor.keep(self.web(port, reload=reload))
        self.wait_for_web(supervisor)
        for child in self.workers():
            supervisor.keep(child)
        self.greet()
        supervisor.watch(Changes(supervisor.restart).look if reload else lambda: None)

    def start_servers(self, supervisor: Supervisor) -> None:
        running = pair.servers(
            self.folder, database="DATABASE_URL" not in settings.GIVEN, broker="REDIS_URL" not in settings.GIVEN
        )
        children: list[Child] = []
        try:
            pair.start(running, children)
        finally:
            for child in children:
                supervisor.adopt(child)

    def prepare_contents(self, *, reload: bool) -> None:
        """Bring tables, the plan, the demo centre and the static files to the state of this code."""
        quietly: dict[str, Any] = {"verbosity": 0, "stdout": StringIO()}
        call_command("migrate", interactive=False, **quietly)
        if not settings.DEMO and get_user_model().objects.filter(email__endswith=f"@{logins.DOMAIN}").exists():
            raise CommandError(
                "이 자료에는 누구나 비밀번호를 아는 체험용 사람들이 있어 실제 누리집으로 열지 않습니다. "
                "PORTAL_DATA에 빈 폴더를 지정하거나 DEMO를 켜 주세요."
            )
        call_command("createcachetable", **quietly)
        call_command("sync_roles", **quietly)
        call_command("load_plan", **quietly)
        if settings.DEMO and not get_user_model().objects.exists():
            self.say("체험용 센터를 만들고 있습니다. 처음 한 번만 합니다.")
            self.load_demo()
        connections.close_all()
        if not reload:
            collect(self.folder.run / "static-stamp")

    def load_demo(self) -> None:
        """In a process of its own: it posts notices, and what posts starts a thread; a parent of children has none."""
        done = subprocess.run(
            [sys.executable, "manage.py", "load_demo"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
            check=False,
        )
        if done.returncode:
            raise CommandError(f"체험용 센터를 만들지 못했습니다.\n{done.stderr}")

    def web(self, port: int, *, reload: bool) -> Child:
        if reload:
            argv = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
            return Child("웹 서버", argv, cwd=settings.BASE_DIR)
        argv = [sys.executable, "-m", "gunicorn", "-c", "python:gumcheon_portal.server"]
        argv += ["--bind", f"127.0.0.1:{port}", "--graceful-timeout", "1", "gumcheon_portal.wsgi"]
        return Child("웹 서버", argv, cwd=settings.BASE_DIR, log=fresh_log(self.folder.logs / "web.log"))

    def workers(self) -> list[Child]:
        celery = [sys.executable, "-m", "celery", "-A", "gumcheon_portal.celery", "--quiet"]
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # nobody listens on one machine
        children = []
        for name, (queues, pool, count) in WORKERS.items():
            argv = [*celery, "worker", "-Q", queues, "--pool", pool, "-c", str(count), "-n", f"{queues}@%h", *alone]
            log = fresh_log(self.folder.logs / f"worker-{queues.replace(',', '-')}.log")
            children.append(Child(name, argv, cwd=settings.BASE_DIR, log=log))
        log = fresh_log(self.folder.logs / "beat.log")
        argv = [*celery, "beat", "--pidfile=", "--schedule", settings.CELERY_BEAT_SCHEDULE_FILENAME]
        return [*children, Child("예약 작업", argv, cwd=settings.BASE_DIR, log=log)]

    def wait_for_web(self, supervisor: Supervisor) -> None:
        """Wait for the first answer, so that the address is printed when it works."""
        web = supervisor.workers[0].child
        deadline = time.monotonic() + WEB_SECONDS
        while time.monotonic() < deadline and web.alive:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5):  # noqa: S310 - our own address
                    return
            except urllib.error.HTTPError as answer:
                if answer.code == HTTPStatus.SERVICE_UNAVAILABLE:
                    return  # it works; the database does not, and the page says so
                break
            except OSError:
                time.sleep(0.05)
        raise sentences.did_not_start(web.name, str(web.log or "-"), pair.last_lines(web.log) if web.log else "")

    def greet(self) -> None:
        lines = ["", f"{settings.SITE_NAME}  {self.address}/", f"업무 화면  {self.address}/admin/"]
        if settings.DEMO:
            lines += ["", logins.printed()]
        lines += ["", f"기록은 {self.folder.logs}에 쌓입니다. 멈추려면 Ctrl-C를 누르세요."]
        self.say("\n".join(lines))


def free_port(given: str) -> int:
    """The port to serve on, once it is known to be free.

    Raises:
        CommandError: not a port, not allowed, or taken.
    """
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CommandError(str(sentences.port_impossible(given)))
    port = int(given)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CommandError(str(sentences.port_forbidden(port))) from None
        except OSError:
            raise CommandError(str(sentences.port_in_use(port))) from None
    return port
