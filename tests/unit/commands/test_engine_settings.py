"""What a shop on the embedded engines is given beside what was set."""

from pathlib import Path

from springtide.commands.engines import DEMO_WORDS, with_engines
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.folders import DataFolder
from springtide.settings import Settings, as_environment
from springtide.settings.reading import load

ENGINES = Engines(database_url="postgresql://a@127.0.0.1/b", nats_url="nats://127.0.0.1", secret_key="k" * 32)
NO_FILE = Path("/nonexistent/springtide.toml")


def complete(tmp_path: Path, settings: Settings) -> Settings:
    return with_engines(settings, ENGINES, DataFolder(root=tmp_path, account=None))


def test_the_demo_is_as_of_the_day_after_its_history_and_child_processes_are_told(tmp_path: Path) -> None:
    made = complete(tmp_path, Settings())
    assert (made.as_of, made.words_dir) == ("2011-09-01", str(DEMO_WORDS))
    assert load(as_environment(made), NO_FILE).as_of == "2011-09-01"


def test_a_shop_of_ones_own_is_as_of_today(tmp_path: Path) -> None:
    made = complete(tmp_path, Settings(demo=False))
    assert (made.as_of, made.words_dir) == ("", "")


def test_a_day_that_was_set_stays(tmp_path: Path) -> None:
    assert complete(tmp_path, Settings(as_of="2011-03-01")).as_of == "2011-03-01"
