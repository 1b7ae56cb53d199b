"""The first version of each consent; staff write the next ones."""

from datetime import UTC, datetime

from django.db import migrations

VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = {
    "child": (
        "만 14세 미만 자녀의 개인정보 처리",
        "목적: 자녀의 진로·진학 상담과 프로그램 신청, 예약 안내\n"
        "항목: 자녀의 이름, 생년월일, 학교, 학년, 사는 동, 상담·참여 기록\n"
        "보유·이용 기간: 이용을 종료하거나 동의를 철회할 때까지. 법령이 보관을 정한 기록은 그 기간까지\n"
        "동의하지 않을 수 있습니다. 동의하지 않으면 만 14세 미만 자녀는 가입과 신청을 할 수 없습니다.\n"
        "동의하시면 보호자의 휴대폰으로 확인 문자를 보내 드립니다(개인정보 보호법 제22조의2).",
    ),
    "sensitive": (
        "민감정보(심리·건강) 처리",
        "목적: 학습심리 상담과 장애·건강에 따른 편의 제공\n"
        "항목: 상담에서 말한 심리·정서 상태, 건강과 장애에 관한 정보\n"
        "보유·이용 기간: 상담이 끝난 뒤 상담기록의 보관 기간까지\n"
        "동의하지 않을 수 있습니다. 동의하지 않아도 학습심리 상담을 뺀 다른 상담과 프로그램을 이용할 수 있습니다.",
    ),
    "third_party": (
        "개인정보 제3자 제공",
        "제공받는 자: 프로그램을 함께 운영하는 학교·대학·기업(프로그램 안내에 적힌 기관)\n"
        "제공받는 자의 이용 목적: 참여자 확인과 수료 처리\n"
        "항목: 이름, 학교, 학년\n"
        "제공받는 자의 보유·이용 기간: 프로그램이 끝난 뒤 1개월\n"
        "동의하지 않을 수 있습니다. 동의하지 않으면 그 기관이 명단을 요구하는 프로그램만 참여할 수 없습니다.",
    ),
    "marketing": (
        "홍보·소식 수신",
        "목적: 새 프로그램, 입시 설명회, 소식지를 문자와 이메일로 안내\n"
        "항목: 이름, 휴대폰 번호, 이메일\n"
        "보유·이용 기간: 동의를 철회하거나 탈퇴할 때까지. 2년마다 다시 여쭙니다.\n"
        "동의하지 않을 수 있습니다. 동의하지 않아도 상담과 프로그램을 모두 이용할 수 있습니다.",
    ),
}


def add(apps, schema_editor):
    ConsentText = apps.get_model("accounts", "ConsentText")
    for kind, (title, body) in TEXTS.items():
        defaults = {"title": title, "body": body, "valid_from": VALID_FROM}
        ConsentText.objects.get_or_create(kind=kind, version=1, defaults=defaults)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_neighbourhoods")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
