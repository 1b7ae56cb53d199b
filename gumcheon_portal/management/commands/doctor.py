"""``manage.py doctor``: recount what the guards promise, and say what is wrong."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import module_has_submodule


class Command(BaseCommand):
    help = "정원, 겹침, 남은 자리처럼 서로 맞아야 하는 것을 다시 세어 보고, 어긋난 것을 알려 줍니다."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [
            f"[{config.verbose_name}] {finding}"
            for config in apps.get_app_configs()
            if module_has_submodule(config.module, "doctor")
            for finding in import_module(f"{config.name}.doctor").check()
        ]
        for finding in findings:
            self.stderr.write(finding)
        if findings:
            raise CommandError(f"어긋난 것이 {len(findings)}가지 있습니다.")
        self.stdout.write("어긋난 것이 없습니다.")
