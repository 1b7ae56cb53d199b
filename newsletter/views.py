from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from accounts.schoolyear import Level
from newsletter.models import Post

PER_PAGE = 15


@method_decorator(login_not_required, name="dispatch")
class PostList(ListView):
    """Posts of one kind. Facts that no longer hold are shown on request only."""

    kind: Post.Kind = Post.Kind.ADMISSIONS
    paginate_by = PER_PAGE
    template_name = "newsletter/list.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        asked = request.GET
        self.level = asked["level"] if asked.get("level") in Level.values else ""
        self.words = unicodedata.normalize("NFC", asked.get("q", "")).strip()[:50]
        self.with_past = asked.get("past") == "1"

    def get_queryset(self) -> QuerySet[Post]:
        posts = Post.objects.published().filter(kind=self.kind).defer("body")
        if self.level:
            posts = posts.filter(Post.reaching(self.level))
        if not self.with_past:
            posts = posts.valid()
        return posts.matching(self.words).newest_first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=self.kind.label,
            kind=self.kind,
            level=self.level,
            levels=Level.choices,
            words=self.words,
            with_past=self.with_past,
            narrowed=bool(self.level or self.words),
            **kwargs,
        )


@login_not_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(Post.objects.visible_to(request.user), pk=pk)
    neighbours = Post.objects.published().filter(kind=post.kind).exclude(pk=post.pk).only("title", "published_at")
    context = {
        "post": post,
        "older": neighbours.filter(published_at__lte=post.published_at).order_by("-published_at", "-pk").first()
        if post.published_at
        else None,
        "newer": neighbours.filter(published_at__gt=post.published_at).order_by("published_at", "pk").first()
        if post.published_at
        else None,
    }
    return render(request, "newsletter/detail.html", context)
