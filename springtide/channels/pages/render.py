"""Templates: Jinja2, compiled once, everything escaped, an unknown variable is an error."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from springtide.channels.pages import formats, media, pictures
from springtide.channels.pages.static_files import StaticFiles
from springtide.channels.pages.translations import say
from springtide.platform.pictures import Form, Format

SHARED = Path(__file__).parent / "templates"


def environment(folders: Sequence[Path], static: StaticFiles, **more: Any) -> Environment:  # noqa: ANN401 - template globals
    """Return the environment of one channel: its own folders first, then the shared templates.

    Templates find `asset("base.css")`, `say(language, key, …)`, the formats (`money`, `number`, `percent`, `day`,
    `full_date`, `moment`, `clock`, `country_name`), `drawn(sku, category)` and, for uploaded pictures,
    `shown(hash, width)` and `srcset(hash, "avif")`; `more` are globals of the channel.
    """
    environment = Environment(
        loader=FileSystemLoader([*folders, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.globals.update(
        asset=static.url,
        say=say,
        money=formats.money,
        number=formats.number,
        percent=formats.percent,
        day=formats.day,
        full_date=formats.full_date,
        moment=formats.moment,
        clock=formats.clock,
        country_name=formats.country_name,
        language_name=formats.language_name,
        drawn=lambda sku, category: static.base + pictures.address(sku, category),
        shown=lambda name, width: static.base + media.address(name, Form(width, Format.JPEG)),
        srcset=lambda name, kind: media.srcset(name, Format(kind), static.base),
        **more,
    )
    return environment


class Pages:
    """Renders templates by name."""

    def __init__(self, folders: Sequence[Path], static: StaticFiles, **more: Any) -> None:  # noqa: ANN401 - template globals
        self._environment = environment(folders, static, **more)
        for name in self._environment.list_templates(extensions=["html"]):
            self._environment.get_template(
                name
            )  # compiled at the start: a broken template stops the process, not a page

    def html(self, template: str, values: Mapping[str, Any]) -> bytes:
        """Return the page as UTF-8."""
        return self._environment.get_template(template).render(values).encode()
