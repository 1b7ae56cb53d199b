"""What the centre publishes: admissions news and notices."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audience import ForGrades
from accounts.models import User


class PostQuerySet(models.QuerySet):
    def published(self) -> PostQuerySet:
        return self.filter(published_at__lte=timezone.now())

    def visible_to(self, user: User | AnonymousUser) -> PostQuerySet:
        """What is published; for those who write posts, the drafts too."""
        return self if user.has_perm("newsletter.change_post") else self.published()

    def valid(self) -> PostQuerySet:
        """Posts whose facts still hold today."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.localdate()))

    def newest_first(self) -> PostQuerySet:
        """Pinned posts on top."""
        return self.order_by("-pinned", "-published_at", "-pk")

    def matching(self, words: str) -> PostQuerySet:
        """Posts in whose title, summary or text every word occurs."""
        found = self
        for word in words.split():
            found = found.filter(Q(title__icontains=word) | Q(summary__icontains=word) | Q(body__icontains=word))
        return found


class Post(ForGrades):
    """One piece of news. Admissions facts age: they name their source and the day until which they hold."""

    class Kind(models.TextChoices):
        ADMISSIONS = "admissions", _("입시정보")
        NOTICE = "notice", _("공지사항")

    kind = models.CharField("구분", max_length=12, choices=Kind)
    title = models.CharField("제목", max_length=120)
    summary = models.CharField("요약", max_length=200, blank=True, help_text="목록과 첫 화면에 보입니다.")
    body = models.TextField("본문", help_text="제목은 ‘## ’, 목록은 ‘- ’, 표는 ‘| 칸 | 칸 |’으로 적습니다.")
    source = models.CharField(
        "출처", max_length=200, blank=True, help_text="예: 한국대학교육협의회 2027학년도 시행계획"
    )
    source_url = models.URLField("출처 주소", blank=True)
    valid_until = models.DateField("유효한 날까지", null=True, blank=True, help_text="지나면 ‘지난 정보’로 표시합니다.")
    pinned = models.BooleanField("맨 위에 고정", default=False)
    published_at = models.DateTimeField(
        "게시 일시", null=True, blank=True, help_text="비워 두면 직원만 보고, 앞날을 적으면 그때 공개됩니다."
    )
    revised_at = models.DateTimeField("고친 일시", null=True, blank=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta(ForGrades.Meta):
        verbose_name = "글"
        verbose_name_plural = "입시정보·공지"
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["kind", "-pinned", "-published_at"], name="post_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("newsletter:detail", args=[self.pk])

    @property
    def outdated(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()
