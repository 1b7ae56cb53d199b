"""What a programme is found by: its words without spaces, and pieces of them in an index."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models


class ProgramWords(models.Model):
    """What is written of a programme, squeezed for searching, in a table of its own so that no list carries it along.

    Written by the triggers of migration ``0003_search`` alone, whenever the programme, a run's title or a partner's
    name changes: no path can forget it. ``words`` are title, summary, text, the plan's words, the titles of published
    runs and the names of partners, each without spaces and signs; ``grams`` are their single letters and pairs, and the
    same of their first consonants (초성).
    """

    program = models.OneToOneField("programs.Program", on_delete=models.CASCADE, primary_key=True, related_name="words")
    title = models.TextField()
    words = models.TextField()
    grams = ArrayField(models.TextField())

    class Meta:
        verbose_name = "검색말"
        verbose_name_plural = "검색말"
        default_permissions = ()
        indexes = [GinIndex(fields=["grams"], name="program_grams", fastupdate=False)]

    def __str__(self) -> str:
        return self.title

    @staticmethod
    def rebuild() -> int:
        """Write all of it anew; return for how many programmes."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT programs_reindex(id) FROM programs_program ORDER BY id")
            return cursor.rowcount
