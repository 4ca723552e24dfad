from pathlib import Path

import msgspec
import pytest

from springtide.settings import Gateway, Mail, Settings, as_environment
from springtide.settings.reading import SettingsProblem, load

NO_FILE = Path("/nonexistent/springtide.toml")
SECRET = "0123456789abcdef0123456789abcdef"
WHOLE = Settings(
    data_dir="/srv/shop",
    database_url="postgresql://a:b@127.0.0.1/shop",
    database_urls={"orders": "postgresql://a:b@127.0.0.1/orders"},
    nats_url="nats://127.0.0.1",
    secret_key=SECRET,
    port=9000,
    log_json=False,
    trusted_proxies=("10.0.0.1", "10.0.0.2"),
    as_of="2011-09-01",
    mail=Mail(smtp_url="smtp://127.0.0.1:25", sender="a@b.example"),
    gateways=(Gateway(name="north", provider="sandbox", url="http://127.0.0.1", markets={"GB": ("card",)}),),
)


def mistakes(environment: dict[str, str], file: Path = NO_FILE) -> list[str]:
    with pytest.raises(SettingsProblem) as found:
        load(environment, file)
    return str(found.value).splitlines()


def test_nothing_set_gives_the_defaults() -> None:
    assert load({}, NO_FILE) == Settings()


def test_every_mistake_is_named_at_once() -> None:
    found = mistakes(
        {
            "SPRINGTIDE_PORT": "many",
            "SPRINGTIDE_SANDBOX_PORT": "70000",
            "SPRINGTIDE_COLOUR": "blue",
            "SPRINGTIDE_GATEWAYS": "[{",
            "SPRINGTIDE_DATABASE_URL": "postgresql://a@b/c",
            "SPRINGTIDE_SECRET_KEY": "short",
            "SPRINGTIDE_MAIL__COLOUR": "blue",
            "SPRINGTIDE_DATABASE_URLS": '{"kitchen": "x"}',
        }
    )
    named = ["PORT:", "SANDBOX_PORT:", "COLOUR:", "GATEWAYS:", "NATS_URL:", "SECRET_KEY:", "MAIL:", "DATABASE_URLS:"]
    assert [name for name in named if not any(name in line for line in found)] == []
    assert len(found) == len(named)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("LOG_JSON", "perhaps", "bool"),
        ("TRUSTED_PROXIES", "10.0.0.1", "malformed"),
        ("GATEWAYS", '[{"name": "a", "provider": "cash"}]', "not sandbox, stripe, mollie or invoice"),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice"}, {"name": "a", "provider": "invoice"}]', "twice"),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice", "weight": -1}]', "a: weight -1 is not 0 to 10000"),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice", "min_minor": -1}]', "a: min_minor -1 is below 0"),
        (
            "GATEWAYS",
            '[{"name": "a", "provider": "invoice", "min_minor": 5, "max_minor": 4}]',
            "a: max_minor 4 is below min_minor 5",
        ),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice", "max_per_s": -1}]', "a: max_per_s is below 0"),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice", "max_in_flight": -1}]', "a: max_in_flight is below 0"),
        (
            "GATEWAYS",
            '[{"name": "a", "provider": "invoice", "breaker": "maybe"}]',
            "a: breaker maybe is not on, dry_run",
        ),
        ("GATEWAYS", '[{"name": "a", "provider": "invoice", "slow_s": 0}]', "a: slow_s: a time above 0"),
        ("AS_OF", "1 September 2011", "AS_OF: 1 September 2011 is not a date like 2011-09-01"),
        ("AS_OF", "20110901", "not a date"),
        ("TRUSTED_PROXIES", '["10.0.0.0/8", "balancer"]', "TRUSTED_PROXIES: balancer is no address and no network"),
        ("MAIL", '{"smtp_url": 5}', "str"),
        ("MAIL", '"a text"', "object"),
    ],
)
def test_a_mistake_is_one_line_with_its_variable(name: str, text: str, says: str) -> None:
    (line,) = mistakes({f"SPRINGTIDE_{name}": text})
    assert line.startswith(f"SPRINGTIDE_{name}: ")
    assert says in line


def test_environment_wins_over_the_file_and_sections_may_be_split(tmp_path: Path) -> None:
    file = tmp_path / "springtide.toml"
    file.write_text('port = 9000\ndefault_market = "NL"\n[mail]\nsmtp_url = "smtp://file"\nsender = "file@a.example"\n')
    read = load({"SPRINGTIDE_PORT": "9001", "SPRINGTIDE_MAIL__SENDER": "env@a.example"}, file)
    assert (read.port, read.default_market) == (9001, "NL")
    assert read.mail == Mail(smtp_url="smtp://file", sender="env@a.example")


def test_field_of_a_section_wins_over_the_section_given_whole() -> None:
    environment = {"SPRINGTIDE_MAIL": '{"smtp_url": "smtp://whole"}', "SPRINGTIDE_MAIL__SENDER": "env@a.example"}
    assert load(environment, NO_FILE).mail == Mail(smtp_url="smtp://whole", sender="env@a.example")


def test_field_of_a_section_that_is_none_is_a_mistake() -> None:
    (line,) = mistakes({"SPRINGTIDE_PORT": "9000", "SPRINGTIDE_PORT__INNER": "1"})
    assert line.startswith("SPRINGTIDE_PORT")


def test_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "springtide.toml"
    file.write_text("port = = 1")
    (line,) = mistakes({}, file)
    assert str(file) in line


def test_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("port = 9000")
    assert load({"SPRINGTIDE_CONFIG": str(tmp_path / "own.toml")}).port == 9000


@pytest.mark.parametrize("settings", [Settings(), WHOLE])
def test_children_read_the_same_from_the_environment(settings: Settings) -> None:
    assert load(as_environment(settings), NO_FILE) == settings


def test_variables_of_ours_that_are_no_settings_are_left_alone() -> None:
    environment = {f"SPRINGTIDE_{name}": "x" for name in ("FAILPOINTS", "PARENT_PID", "TEST_ENGINES")}
    assert load({**environment, "SPRINGTIDE_CONFIG": str(NO_FILE)}) == Settings()


def test_addresses_have_no_trailing_slash_and_follow_the_ports() -> None:
    assert Settings(port=9000).shop_url() == "http://127.0.0.1:9000"
    assert Settings(public_url="https://shop.example/").shop_url() == "https://shop.example"
    assert Settings(backoffice_port=9001).office_url() == "http://127.0.0.1:9001"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]  # what is shown to fail
    assert msgspec.structs.replace(Settings(), port=1).port == 1


@pytest.mark.parametrize("nice", ["-1", "20"])
def test_a_process_gives_way_within_limits(nice: str) -> None:
    with pytest.raises(SettingsProblem, match="SPRINGTIDE_NICE: 0 to 19"):
        load({"SPRINGTIDE_NICE": nice})
