"""What fires reaches people by mail and by a signed webhook, once, also over a restart and a receiver that was away."""

import hashlib
import hmac
import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from fakes.serving import Mailbox, served

from springtide.channels.watch.rules import Alert, Level
from springtide.channels.watch.telling import ByMail, ByWebhook
from springtide.channels.watch.watching import Watch
from springtide.platform.mail import Mailer
from springtide.settings import Mail
from springtide.settings import Watch as WatchSettings
from springtide.settings.reading import SettingsProblem, load

SECRET = "a-secret-of-the-receiver"
DISK = Alert(name="disk-low", subject="/data", level=Level.CRITICAL, text="0.9 GB (1 %) are left where /data lies.")
RUNBOOK = "https://runbook.example/pages/"


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    stamp, _, given = headers["springtide-signature"].partition(",v1=")
    expected = hmac.new(SECRET.encode(), f"{stamp.removeprefix('t=')}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, given)


async def test_a_webhook_is_signed_and_sent_until_it_is_taken_and_not_after_a_restart(
    tmp_path: Path,
) -> None:
    box = Mailbox()
    with served(lambda _: box) as origin:
        teller = ByWebhook(f"{origin}/alerts", secret=SECRET, runbook_url=RUNBOOK)
        watch = Watch(WatchSettings(), [teller], tmp_path)
        box.status = 500
        await watch.turn([DISK], now_s=1_000)
        box.status = 204
        await watch.turn([DISK], now_s=1_010)
        await watch.turn([DISK], now_s=1_020)
        again = Watch(WatchSettings(), [teller], tmp_path)
        await again.turn([DISK], now_s=1_030)
        await again.turn([], now_s=1_200)
        await again.turn([], now_s=1_210)
        await teller.close()
    assert all(is_signed(headers, body) for headers, body in box.messages)
    first, repeated, over = [json.loads(body) for _, body in box.messages]
    assert first == repeated
    assert (first["state"], over["state"]) == ("firing", "resolved")
    assert first["id"] != over["id"]
    assert first["runbook"] == "https://runbook.example/pages/disk-low.md"
    assert (first["name"], first["subject"], first["level"], first["text"]) == (
        "disk-low",
        "/data",
        "critical",
        DISK.text,
    )


async def test_a_mail_says_what_since_when_and_what_to_do(tmp_path: Path) -> None:
    teller = ByMail(Mailer(Mail(), tmp_path / "mail"), to="ops@example.org", runbook_url=RUNBOOK)
    watch = Watch(WatchSettings(), [teller], tmp_path)
    await watch.turn([DISK], now_s=0)
    await watch.turn([DISK], now_s=10)
    [file] = (tmp_path / "mail").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("ops@example.org", "[critical] disk-low /data")
    text = mail.get_body(("plain",)).get_content()
    for part in (DISK.text, "1970-01-01 00:00:00 UTC", "https://runbook.example/pages/disk-low.md"):
        assert part in text


async def test_a_state_file_that_was_cut_short_is_no_reason_to_stop_watching(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"disk', encoding="utf-8")
    watch = Watch(WatchSettings(), [], tmp_path)
    await watch.turn([DISK], now_s=0)
    assert watch.stands[DISK.key].fires


@pytest.mark.parametrize(
    "value",
    [
        '{"quiet": "22-7"}',
        '{"timezone": "Europe/Atlantis"}',
        '{"webhook_url": "ftp://x", "webhook_secret": "0123456789abcdef"}',
        '{"webhook_url": "https://x.example", "webhook_secret": "short"}',
    ],
)
def test_settings_that_nobody_could_be_told_by_are_refused(value: str) -> None:
    with pytest.raises(SettingsProblem, match="SPRINGTIDE_WATCH"):
        load({"SPRINGTIDE_WATCH": value}, Path("/nowhere"))
