"""A merchandiser puts pictures on a real product: kept by content, referred to by the catalogue, served as sent."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fakes.pictures import picture

from springtide.bootstrap import Node
from springtide.channels.backoffice import create_app
from springtide.contracts.catalog.api import CatalogApi, Product, ProductDraft, Variant
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.edge.probes import Probes
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from tests.conftest import SECRET, NodeWith
from tests.unit.backoffice.browser import ORIGIN, Answer, Browser, form_of
from tests.unit.backoffice.office_fakes import FakeShop

PASSWORD = "seven quiet lanterns on a shelf"
PNG = picture("PNG") + b"%00\x00\r\n--edge" + b"pixels" * 100_000
JPEG = picture("JPEG")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
BOUNDARY = "edge-of-a-part"


class Desk:
    """Somebody at the page of one product."""

    def __init__(self, node: Node, app: Probes, product: Product, folder: Path) -> None:
        self.node, self.app, self.product_id, self.folder = node, app, product.id, folder
        self.browser = Browser(app)
        self.page = f"/products/{product.id}"
        self.upload = f"{self.page}/pictures"

    async def signed_in(self, email: str) -> "Desk":
        fields = form_of(await self.browser.get("/sign-in"), "/sign-in")
        answer = await self.browser.post("/sign-in", {**fields, "email": email, "password": PASSWORD})
        assert answer.status == 303
        return self

    async def fields(self) -> dict[str, str]:
        return await self.browser.form(self.page, self.upload)

    async def send(
        self, body: bytes, content_type: str = "image/png", *, fields: Mapping[str, str] | None = None, **typed: str
    ) -> Answer:
        """Send the form of the product page as a browser does, with a file in it."""
        wanted = {**(fields or await self.fields()), "alt-en": "A white lantern", **typed}
        wanted.pop("picture", None)
        parts = [
            f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in wanted.items()
        ]
        parts.append(
            f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="picture"; filename="a.png"\r\n'
            f"content-type: {content_type}\r\n\r\n".encode()
            + body
            + b"\r\n"
        )
        sent = b"".join((*parts, f"--{BOUNDARY}--\r\n".encode()))
        headers = {
            "content-type": f"multipart/form-data; boundary={BOUNDARY}",
            "content-length": str(len(sent)),
            "origin": ORIGIN,
        }
        return await self.browser._send("POST", self.upload, sent, headers)

    async def act(self, picture: str, act: str) -> Answer:
        target = f"{self.upload}/{picture}"
        return await self.browser.post(target, {**await self.browser.form(self.page, target), "act": act})

    async def product(self) -> Product:
        return await self.node.ask(CatalogApi).get_product(caller=system("test"), product_id=self.product_id)

    async def shown(self) -> list[str]:
        return [media.hash for media in (await self.product()).media]

    def files(self) -> list[str]:
        return sorted(path.parent.name + path.name for path in (self.folder / "blobs").rglob("*") if path.is_file())


@pytest.fixture
async def desk(node_with: NodeWith, tmp_path: Path) -> Desk:
    shop = FakeShop()
    fakes: Mapping[type[Any], object] = {
        api: shop.ask(api) for api in (CheckoutApi, InventoryApi, OrdersApi, PaymentsApi, PricingApi)
    }
    node = await node_with("catalog", "customers", fakes=fakes)
    for email, role in (("mia@example.org", Role.MERCHANDISER), ("rea@example.org", Role.READ_ONLY)):
        await node.ask(CustomersApi).add_staff(
            caller=system("test"), key=new_key(), email=email, name=role, password=PASSWORD, roles=(role,)
        )
    draft = ProductDraft(
        names={"en": "White lantern", "nl": "Witte lantaarn"},
        descriptions={"en": "For a tea light."},
        attributes={"colour": {"en": "White"}},
        variants=(Variant(sku="L1", barcode="5012345678900", weight_g=200),),
        popularity=7,
    )
    product = await node.ask(CatalogApi).create_product(caller=system("test"), key=new_key(), draft=draft)
    app = create_app(
        node.ask, secret_key=SECRET, office_url=ORIGIN, shop_url="http://shop.test:8000", data_dir=tmp_path
    )
    return await Desk(node, app, product, tmp_path).signed_in("mia@example.org")


def named(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def test_a_picture_is_kept_and_shown(desk: Desk) -> None:
    before = await desk.product()
    answer = await desk.send(PNG, **{"alt-nl": "Een witte lantaarn"})
    assert (answer.status, answer.location) == (303, desk.page)
    after = await desk.product()
    [media] = after.media
    assert (media.hash, media.content_type) == (named(PNG), "image/png")
    assert media.alt == {"en": "A white lantern", "nl": "Een witte lantaarn"}
    unchanged = ("names", "slugs", "descriptions", "attributes", "variants", "popularity", "tax_category")
    assert [getattr(after, name) for name in unchanged] == [getattr(before, name) for name in unchanged]
    assert f'src="/media/{media.hash}"' in (await desk.browser.get(desk.page)).text
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk.app), base_url=ORIGIN) as client:
        served = await client.get(f"/media/{media.hash}")
    assert (served.content, served.headers["content-type"]) == (PNG, "image/png")
    assert served.headers["x-content-type-options"] == "nosniff"


async def test_the_same_form_or_file_twice_is_one_picture(desk: Desk) -> None:
    fields = await desk.fields()
    assert [(await desk.send(PNG, fields=fields)).status for _ in range(2)] == [303, 303]
    assert (await desk.send(PNG)).status == 303
    assert await desk.shown() == [named(PNG)]
    assert (await desk.product()).version == 2


async def test_another_picture_is_shown_first_and_one_is_removed(desk: Desk) -> None:
    await desk.send(PNG)
    await desk.send(JPEG, "image/jpeg")
    assert await desk.shown() == [named(PNG), named(JPEG)]
    assert (await desk.act(named(JPEG), "first")).location == desk.page
    assert await desk.shown() == [named(JPEG), named(PNG)]
    await desk.act(named(JPEG), "remove")
    assert await desk.shown() == [named(PNG)]
    assert len([name for name in desk.files() if "." not in name]) == 2  # somebody may still be looking at it


@pytest.mark.parametrize(
    ("body", "content_type", "typed", "status"),
    [
        (SVG, "image/svg+xml", {}, 415),
        (SVG, "image/png", {}, 415),
        (PNG[:60], "image/png", {}, 415),
        (picture("PNG", (8_001, 5_000)), "image/png", {}, 415),
        (PNG, "image/jpeg", {}, 415),
        (b"", "image/png", {}, 400),
        (PNG, "image/png", {"alt-en": " "}, 400),
        (PNG, "image/png", {"alt-en": "a\x00b"}, 400),
        (PNG, "image/png", {"form_seal": "forged"}, 403),
        (JPEG + bytes(10 * 1024 * 1024), "image/jpeg", {}, 413),
        (JPEG + bytes(11 * 1024 * 1024), "image/jpeg", {}, 413),
    ],
)
async def test_what_is_refused_changes_nothing(
    desk: Desk, body: bytes, content_type: str, typed: dict[str, str], status: int
) -> None:
    before = await desk.product()
    answer = await desk.send(body, content_type, **typed)
    assert answer.status == status
    assert "<html" in answer.text
    assert await desk.product() == before
    assert desk.files() == []


async def test_who_may_not_write_sees_pictures_and_no_form(desk: Desk) -> None:
    await desk.send(PNG)
    fields = await desk.fields()
    reader = await Desk(desk.node, desk.app, await desk.product(), desk.folder).signed_in("rea@example.org")
    page = (await reader.browser.get(reader.page)).text
    assert f"/media/{named(PNG)}" in page
    assert reader.upload not in page
    assert (await reader.send(JPEG, "image/jpeg", fields=fields)).status == 403
    assert await desk.shown() == [named(PNG)]


async def test_other_forms_have_the_usual_limit(desk: Desk) -> None:
    answer = await desk.browser.post(desk.page, {"name-en": "x" * 300_000})
    assert answer.status == 413
