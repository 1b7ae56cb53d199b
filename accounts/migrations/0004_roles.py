"""The roles of the staff, as groups; ``manage.py sync_roles`` gives them their permissions."""

from django.db import migrations

ROLES = ["상담사", "프로그램 담당", "예산 담당", "소식지 담당", "팀장(승인)", "개인정보 담당", "감사(열람)"]


def add(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.bulk_create([Group(name=name) for name in ROLES], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_consent_texts")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
