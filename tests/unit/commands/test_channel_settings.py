"""What the composition root hands a channel of the settings."""

from datetime import date
from typing import Any, cast

import pytest

from springtide.bootstrap import Node
from springtide.bootstrap.channels import channel
from springtide.channels import backoffice
from springtide.platform.bus import Bus
from springtide.platform.health import Health
from springtide.settings import Settings


class Composed:
    """As much of a node as a channel is built from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.health = Health(("backoffice",))
        self.bus = Bus("nats://127.0.0.1:1", name="nobody")

    def ask(self, api: type[Any]) -> object:
        return object()


@pytest.mark.parametrize(("as_of", "told"), [("2011-09-01", date(2011, 9, 1)), ("", None)])
async def test_the_back_office_is_told_the_day_its_reports_are_as_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, as_of: str, told: date | None
) -> None:
    given: list[object] = []
    create_app = backoffice.create_app

    def noted(*args: Any, **more: Any) -> object:
        given.append(more["as_of"])
        return create_app(*args, **more)

    monkeypatch.setattr(backoffice, "create_app", noted)
    node = Composed(Settings(data_dir=str(tmp_path), secret_key="k" * 40, as_of=as_of))
    async with channel("backoffice", cast("Node", node)) as app:
        assert app is not None
    assert given == [told]
