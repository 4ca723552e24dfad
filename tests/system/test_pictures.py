"""A picture that staff put on a product is what buyers get, in every layout."""

import httpx2
from fakes.pictures import opened, picture
from system.office import OWNER, eventually, office_of
from system.shop import RunningShop

from springtide.contracts.catalog.api import CatalogApi, Media, ProductDraft
from springtide.platform.blob import FolderBlobs
from springtide.platform.usecase import new_key

SKU = "84879"


async def test_buyers_see_the_picture_of_a_product(shop: RunningShop, client: httpx2.AsyncClient):
    sent = picture("PNG", (500 + len(shop.layout), 400))
    async with office_of(shop) as office:
        catalog = office.ask(CatalogApi)
        product = await catalog.get_by_sku(caller=OWNER, sku=SKU)
        blob = await FolderBlobs(shop.folder / "data" / "blobs").put(sent, content_type="image/png")
        kept = {name: getattr(product, name) for name in ProductDraft.__struct_fields__ if name != "media"}
        media = (Media(hash=blob.hash, content_type=blob.content_type, alt={"en": "On a branch"}),)
        await catalog.change_product(
            caller=OWNER,
            key=new_key(),
            product_id=product.id,
            expected_version=product.version,
            draft=ProductDraft(**kept, media=media),
        )
    page = f"/en-gb/p/{product.slugs['en']}"

    async def is_shown() -> bool:
        answer = await client.get(page, follow_redirects=True)
        return f'src="/media/{blob.hash}/640-1.jpg"' in answer.text

    await eventually(is_shown, wanted=True)
    for form, content_type in (("320-1.avif", "image/avif"), ("640-1.webp", "image/webp"), ("640-1.jpg", "image/jpeg")):
        served = await client.get(f"/media/{blob.hash}/{form}")
        assert (served.status_code, served.headers["content-type"]) == (200, content_type)
        assert opened(served.content).width == min(int(form[:3]), 500 + len(shop.layout))
        assert "immutable" in served.headers["cache-control"]
        assert served.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/media/" + "0" * 64)).status_code == 404
