"""All settings, read from the environment; one safe default beside each.

``docs/operations.md`` lists the variables. An impossible value stops the start-up with a
sentence, never with a traceback (see ``manage.py``).
"""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from gumcheon_portal.beat import SCHEDULE
from gumcheon_portal.embedded.places import DataFolder
from gumcheon_portal.environment import Environment
from gumcheon_portal.keys import field_keys, secret
from gumcheon_portal.logging import to_stderr

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
PORTAL_DATA = Path(env.str("PORTAL_DATA", default=str(BASE_DIR / "var"))).resolve()

# --- What kind of site this is ---------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SITE_NAME = env.str("SITE_NAME", default="금천진로진학지원센터")
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")
# The government masthead and identifier are allowed on official sites only (KRDS, e-government guideline).
SITE_OFFICIAL = env.bool("SITE_OFFICIAL", default=False)
# A demo centre is offered only on the embedded servers; a real address or the official switch turns it off.
DEMO = env.bool("DEMO", default="DATABASE_URL" not in env.ENVIRON and not SITE_OFFICIAL)
if DEMO and SITE_OFFICIAL:
    raise ImproperlyConfigured("DEMO and SITE_OFFICIAL exclude each other: an official site shows no invented people.")

HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", environ.urlparse(SITE_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
# The address of the visitor is the last one that a trusted proxy wrote; 0 means no proxy stands in front.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# A site on the open web names its key, the same on every machine; one at home makes its own.
SECRET_KEY = secret("SECRET_KEY", folder=PORTAL_DATA / "keys", may_make=not HTTPS)
# What seals counselling records and uploads: keys of their own, several at once (docs/operations.md, Keys).
FIELD_KEYS, FIELD_KEYS_FILE = field_keys(folder=PORTAL_DATA / "keys", may_make=not HTTPS)

# Kakao and Naver appear, buttons and addresses alike, only where their keys are set.
SOCIAL_HOSTS = {
    "kakao": ["https://kauth.kakao.com", "https://accounts.kakao.com"],
    "naver": ["https://nid.naver.com"],
}
SOCIAL_KEYS = {
    name: {
        "client_id": env.str(f"{name.upper()}_CLIENT_ID"),
        "secret": env.str(f"{name.upper()}_CLIENT_SECRET", default=""),
    }
    for name in SOCIAL_HOSTS
    if env.str(f"{name.upper()}_CLIENT_ID", default="")
}

# --- Applications ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "gumcheon_portal.apps.PortalConfig",
    "budget",
    "counseling",
    "programs",
    "newsletter",
    "surveys",
    "intake",
    "questionnaires",
    "accounts",
    "notices",
    "documents",
    "centre",
    "lifecycle",
    "tables",
    "krds",
    "gumcheon_portal.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in SOCIAL_KEYS),
    "crispy_forms",
    "pgtrigger",
]

MIDDLEWARE = [
    "gumcheon_portal.logging.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "gumcheon_portal.middleware.ZeroByteMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.idle.IdleLogoutMiddleware",
    "accounts.second_factor.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gumcheon_portal.middleware.BusyMiddleware",
]

ROOT_URLCONF = "gumcheon_portal.urls"
WSGI_APPLICATION = "gumcheon_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gumcheon_portal.context.site",
            ],
        },
    }
]

# --- Database and broker ---------------------------------------------------------------------
# Without addresses, the servers of this machine under the data folder (gumcheon_portal.embedded).
_folder = DataFolder(PORTAL_DATA)
GIVEN = frozenset(env.ENVIRON) & {"DATABASE_URL", "REDIS_URL"}
DATABASES = {"default": env.postgres("DATABASE_URL") if "DATABASE_URL" in env.ENVIRON else _folder.database()}
DATABASES["default"].update(CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60), CONN_HEALTH_CHECKS=True)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Rate limits and the like live in PostgreSQL; Redis is a broker only.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    }
}

REDIS_URL = env.redis("REDIS_URL", default=_folder.redis_url)

# --- Tasks -----------------------------------------------------------------------------------
# Queues: "default", "delivery" (what leaves the house) and "pdf" (its worker may die of a bad font).
# A task is a hint or a sweep and may run twice; none carries an ETA or a countdown, for Redis redelivers those.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A page never waits for a broker that is away: half a second to connect, one try.
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1.5,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "visibility_timeout": 900,  # seconds until a lost task is given to another worker; longer than any may run
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT, CELERY_TASK_SOFT_TIME_LIMIT = 600, 540  # seconds
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"notices.tasks.*": {"queue": "delivery"}, "documents.tasks.*": {"queue": "pdf"}}
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "Asia/Seoul"
CELERY_BEAT_SCHEDULER = "gumcheon_portal.celery:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(_folder.run / "beat-schedule")
CELERY_BEAT_SCHEDULE = SCHEDULE

# --- Logs ------------------------------------------------------------------------------------
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = to_stderr(env.str("LOG_LEVEL", default="INFO"))

# --- People ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email", "phone"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
# Idle visitors are logged out (안전성 확보조치 기준 제6조 ④; KWCAG 2.2 asks that they can stay).
IDLE_MINUTES_STAFF = env.int("IDLE_MINUTES_STAFF", default=15)
IDLE_MINUTES_PUBLIC = env.int("IDLE_MINUTES_PUBLIC", default=30)
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Days that a child's request waits for the guardian (표준 개인정보 보호지침 제13조), and an invitation for its answer.
GUARDIAN_CONSENT_DAYS = env.int("GUARDIAN_CONSENT_DAYS", default=5)
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
CODE_MINUTES = env.int("CODE_MINUTES", default=5)
LOGIN_FAILURES = env.int("LOGIN_FAILURES", default=5)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=10)

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.entrance.LoginForm",
    "request_login_code": "accounts.forms.entrance.LoginCodeForm",
    "reauthenticate": "accounts.forms.second_factor.PasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
# Addresses are proved before an account is made (accounts.contacts), so allauth has nothing left to verify.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PHONE_VERIFICATION_ENABLED = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = CODE_MINUTES * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = LOGIN_FAILURES
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# Counted in PostgreSQL, per address (key), per visitor (ip; a school's 40 pupils share one) and per day.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": f"100/{LOGIN_LOCK_MINUTES}m/ip,{LOGIN_FAILURES}/{LOGIN_LOCK_MINUTES}m/key",
    "request_login_code": "60/m/ip,300/d/ip,1/20s/key,10/d/key",
    "send_code": "60/m/ip,300/d/ip,1/20s/key,10/d/key",
    "try_code": "10/10m/key",
    "ask_guardian": "40/h/ip,3/d/key",
    "invite": "20/d/user",
    "calendar_feed_new": "20/d/user",
}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.forms.second_factor.ReauthenticateForm",
    "activate_totp": "accounts.forms.second_factor.ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
# Passkeys work on localhost without TLS, which is what a trial on one machine needs.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {name: {"APPS": [keys]} for name, keys in SOCIAL_KEYS.items()}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Language, time, money -------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("한국어"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "gumcheon_portal.formats"
TIME_ZONE = "Asia/Seoul"
USE_I18N = USE_TZ = True

# --- Static files and uploads ----------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(PORTAL_DATA / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Fonts are packed already, and the TTF ones are for papers only; brotli would chew on them for half a minute.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif", "zip", "gz", "br", "woff", "woff2", "ttf"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(PORTAL_DATA / "uploads")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security headers ------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF, *(host for name in SOCIAL_KEYS for host in SOCIAL_HOSTS[name])],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # the balancer asks inside the house
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Forms -----------------------------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = ("krds",)
CRISPY_TEMPLATE_PACK = "krds"
CRISPY_FAIL_SILENTLY = False
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Retention -------------------------------------------------------------------------------
# How long each kind of data is kept stands beside its declaration; RETENTION="notices.sent=2y,lifecycle.trail=3y"
# changes it. The ledger lets a restore repeat what was destroyed, so it must outlive the database and stay outside
# of its backups; lines older than the oldest backup are dropped.
RETENTION = env.dict("RETENTION", default={})
BACKUP_DAYS = env.int("BACKUP_DAYS", default=90)
DESTRUCTION_LEDGER = Path(env.str("DESTRUCTION_LEDGER", default=str(PORTAL_DATA / "destroyed.jsonl")))

# --- Counselling -----------------------------------------------------------------------------
COUNSELING_HOLD_MINUTES = env.int("COUNSELING_HOLD_MINUTES", default=10)
# The day before, from this hour on, families are reminded; the cancelling is still open then.
COUNSELING_REMIND_HOUR = env.int("COUNSELING_REMIND_HOUR", default=10)
# How long a record that is not one's own stays open once the glass was broken.
RECORD_BREAK_GLASS_MINUTES = env.int("RECORD_BREAK_GLASS_MINUTES", default=30)

# --- Partners of programmes ------------------------------------------------------------------
# From how many days before a run its partner may open the roster; until when, the notice to families says.
PARTNER_ROSTER_DAYS = env.int("PARTNER_ROSTER_DAYS", default=7)
# How many days ahead a school's visit is asked for at the latest: people and material have to be found.
VISIT_DAYS_AHEAD = env.int("VISIT_DAYS_AHEAD", default=7)

# --- Files that families send ----------------------------------------------------------------
UPLOAD_MOST_BYTES = env.int("UPLOAD_MOST_BYTES", default=10 * 1024 * 1024)
UPLOAD_MOST_PAGES = env.int("UPLOAD_MOST_PAGES", default=60)
UPLOAD_MOST_PIXELS = env.int("UPLOAD_MOST_PIXELS", default=50_000_000)
# ClamAV's daemon, tcp://host:3310 or unix:///run/clamav/clamd.ctl; files wait in 검사 대기 while it is down.
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", default="")
if CLAMAV_ADDRESS and environ.urlparse(CLAMAV_ADDRESS).scheme not in {"tcp", "unix"}:
    raise ImproperlyConfigured("CLAMAV_ADDRESS은(는) tcp://서버:3310 또는 unix:///경로 형식이어야 합니다.")

# --- Mail ------------------------------------------------------------------------------------
# Only ``notices`` sends. Without EMAIL_URL, mail is delivered into the database and shown in the admin.
EMAIL_URL = env.str("EMAIL_URL", default="")
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <no-reply@{environ.urlparse(SITE_URL).hostname}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Notices ---------------------------------------------------------------------------------
if EMAIL_URL:
    vars().update(env.smtp("EMAIL_URL"))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=10)  # seconds for each answer of the mail server
SMS_PROVIDER = env.choice("SMS_PROVIDER", {"sandbox", "sens", "solapi"}, default="sandbox")
# Numbers registered with the provider (전기통신사업법 제84조의2); nothing is sent from any other.
SMS_SENDERS = [number.replace("-", "").strip() for number in env.list("SMS_SENDERS", default=[])]
SMS_SENDER = env.str("SMS_SENDER", default=SMS_SENDERS[0] if SMS_SENDERS else "").replace("-", "")
SMS_URL = env.str("SMS_URL", default="").rstrip("/")  # another host of the same provider, such as the government cloud
SMS_SERVICE_ID = env.str("SMS_SERVICE_ID", default="")  # Naver SENS alone has one
SMS_KEY, SMS_SECRET = env.str("SMS_KEY", default=""), env.from_file("SMS_SECRET")
if SMS_PROVIDER != "sandbox":
    env.need("SMS_KEY", "SMS_SENDERS", *(["SMS_SERVICE_ID"] if SMS_PROVIDER == "sens" else []))
    if not SMS_SECRET:
        raise ImproperlyConfigured("SMS_SECRET(또는 SMS_SECRET_FILE)이 필요합니다.")
    if SMS_SENDER not in SMS_SENDERS:
        raise ImproperlyConfigured("SMS_SENDER는 SMS_SENDERS에 적은 등록된 발신번호 가운데 하나여야 합니다.")
SMS_WON, LMS_WON = env.int("SMS_WON", default=20), env.int("LMS_WON", default=50)  # the price of one message
SMS_CEILING_WON_A_MONTH = env.int("SMS_CEILING_WON_A_MONTH", default=500_000)
CODES_PER_NUMBER_A_DAY = env.int("CODES_PER_NUMBER_A_DAY", default=10)
CODES_PER_ADDRESS_A_DAY = env.int("CODES_PER_ADDRESS_A_DAY", default=50)  # a school shares one address
CODES_A_DAY = env.int("CODES_A_DAY", default=3_000)
AD_OPT_OUT = env("AD_OPT_OUT", default="")  # free number to refuse advertisements by; without it none is sent
BUDGET_SIGNERS = env.list("BUDGET_SIGNERS", default=["담당", "팀장", "과장"])  # boxes to sign in on budget papers
QUIET_FROM, QUIET_UNTIL = env.hours("QUIET_HOURS", default="21:00-08:00")  # KST; 정보통신망법 제50조 제3항
NOTICE_LEASE_SECONDS = env.int("NOTICE_LEASE_SECONDS", default=120)
