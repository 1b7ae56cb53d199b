from __future__ import annotations

from django.urls import path

from newsletter import feeds, views
from newsletter.models import Post

app_name = "newsletter"
urlpatterns = [
    path("", views.PostList.as_view(kind=Post.Kind.ADMISSIONS), name="list"),
    path("notices/", views.PostList.as_view(kind=Post.Kind.NOTICE), name="notices"),
    path("feed/", feeds.posts, name="feed"),
    path("<int:pk>/", views.detail, name="detail"),
]
