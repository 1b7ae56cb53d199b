"""The ten administrative 동 of Geumcheon-gu, and the row for everybody who lives elsewhere."""

from django.db import migrations

NAMES = ["가산동", *(f"독산{n}동" for n in range(1, 5)), *(f"시흥{n}동" for n in range(1, 6))]
OUTSIDE = "금천구 밖"


def add(apps, schema_editor):
    Neighbourhood = apps.get_model("accounts", "Neighbourhood")
    rows = [Neighbourhood(name=name, in_district=True, position=n) for n, name in enumerate(NAMES, 1)]
    rows.append(Neighbourhood(name=OUTSIDE, in_district=False, position=99))
    Neighbourhood.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
