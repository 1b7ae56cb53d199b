from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("counseling", "0005_figures_permission"),
        ("intake", "0001_rules_and_strikes"),
    ]

    operations = [
        migrations.AddField(
            model_name="topic",
            name="rules",
            field=models.ForeignKey(
                blank=True,
                help_text="누가, 몇 번, 언제까지. 비워 두면 기본 규칙입니다(누구나, 미리 3건, 전날 18시까지 취소).",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="intake.ruleset",
                verbose_name="이용 규칙",
            ),
        ),
    ]
