"""A catalogue with three categories."""

from collections.abc import Awaitable, Callable

import pytest

from springtide.bootstrap import Node
from springtide.contracts.catalog.api import Category
from springtide.platform.usecase import new_key
from tests.context.catalog.shop import Shop


@pytest.fixture
async def shop(node_with: Callable[..., Awaitable[Node]]) -> Shop:
    opened = Shop(await node_with("catalog"))
    categories = (
        Category(key="home", parent="", position=0, names={"en": "Home", "nl": "Wonen"}, slugs={}),
        Category(key="mugs", parent="home", position=0, names={"en": "Mugs"}, slugs={"en": "mugs"}),
        Category(key="cards", parent="", position=1, names={"en": "Cards", "sv": "Kort"}, slugs={}),
    )
    await opened.api.put_categories(caller=opened.caller, key=new_key(), categories=categories)
    return opened
