"""Admissions news and notices as a feed, for readers and for other sites of the district."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from centre.prose import render
from newsletter.models import Post

ITEMS = 20


class PostFeed(Feed):
    title = _("입시정보와 공지")
    link = reverse_lazy("newsletter:list")
    author_name = settings.SITE_NAME

    def items(self) -> QuerySet[Post]:
        return Post.objects.published().order_by("-published_at", "-pk")[:ITEMS]

    def item_title(self, item: Post) -> str:
        return f"[{item.get_kind_display()}] {item.title}"

    def item_description(self, item: Post) -> str:
        return item.summary or render(item.body)

    def item_pubdate(self, item: Post) -> datetime:
        return item.published_at

    def item_updateddate(self, item: Post) -> datetime:
        return item.revised_at or item.published_at


posts = login_not_required(PostFeed())
