"""Pictures of a product: add one, show another first, remove one.

The file goes to the blob port first, named by its content, and then one call to the catalogue refers to it. A call that
is refused leaves bytes that nothing refers to; the same file sent again finds them there.
"""

import asyncio
from uuid import UUID

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.channels.backoffice.words import LANGUAGES
from springtide.channels.pages.media import Studio, stored_picture
from springtide.contracts.catalog.api import Media, Product, ProductDraft
from springtide.platform.blob import MAX_BYTES, BlobNotFound, Blobs, require_kept
from springtide.platform.http import HttpRequest, refuse_null_address
from springtide.platform.pictures import require_usable

WRITE = "catalog.write"
UPLOAD_LIMIT_BYTES = MAX_BYTES + 64 * 1024


@get("/products/{product_id:uuid}/pictures")
async def show_pictures(request: HttpRequest, product_id: FromPath[UUID]) -> Reply:
    """Show a product's pictures and the form for another."""
    visit = await enter(request)
    return await _page(visit, product_id)


@post(
    "/products/{product_id:uuid}/pictures",
    request_max_body_size=UPLOAD_LIMIT_BYTES,
    before_request=refuse_null_address,  # a picture may hold any byte; the fields beside it are checked when read
)
async def add_picture(request: HttpRequest, product_id: FromPath[UUID]) -> Reply:
    """Keep a picture and put it behind the ones that are there."""
    visit = await enter(request, WRITE)
    blobs: Blobs = request.app.state.blobs
    studio: Studio = request.app.state.studio

    async def work(form: Form, key: str) -> str:
        alt = {language: form.text(f"alt-{language}", required=language == "en") for language in LANGUAGES}
        body, content_type = await _sent_file(request)
        if not body:
            form.problems["picture"] = "Choose a file."
        form.check()
        require_kept(body, content_type)
        await asyncio.to_thread(require_usable, body)
        blob = await blobs.put(body, content_type=content_type)
        product = await _product(visit, product_id)
        if any(media.hash == blob.hash for media in product.media):
            return "This picture is there already."
        texts = {language: text for language, text in alt.items() if text}
        added = Media(hash=blob.hash, content_type=blob.content_type, alt=texts)
        await _save(visit, key, product, (*product.media, added))
        studio.prepare(blob.hash)
        return "Added. Buyers see it within seconds."

    return await _answer(visit, product_id, "picture", await visit.act("picture", work))


@post("/products/{product_id:uuid}/pictures/{name:str}")
async def change_picture(request: HttpRequest, product_id: FromPath[UUID], name: FromPath[str]) -> Reply:
    """Show a picture first, or take it off the product."""
    visit = await enter(request, WRITE)

    async def work(form: Form, key: str) -> str:
        act = form.one_of("act", ("first", "remove"))
        form.check()
        product = await _product(visit, product_id)
        this = tuple(media for media in product.media if media.hash == name)
        others = tuple(media for media in product.media if media.hash != name)
        if act == "remove":
            if this:
                await _save(visit, key, product, others)
            return "Removed."
        if not this:
            msg = "The product does not have this picture any more."
            raise BlobNotFound(msg)
        if product.media[0] != this[0]:
            await _save(visit, key, product, (*this, *others))
        return "Shown first from now on."

    return await _answer(visit, product_id, "picture-change", await visit.act("picture-change", work))


async def _product(visit: Visit, product_id: UUID) -> Product:
    return await visit.office.catalog.get_product(caller=visit.caller, product_id=product_id)


async def _save(visit: Visit, key: str, product: Product, media: tuple[Media, ...]) -> None:
    """Replace the pictures of the product as it was just read; a change in between is refused (`ProductChanged`)."""
    kept = {name: getattr(product, name) for name in ProductDraft.__struct_fields__ if name != "media"}
    await visit.office.catalog.change_product(
        caller=visit.caller,
        key=key,
        product_id=product.id,
        expected_version=product.version,
        draft=ProductDraft(**kept, media=media),
    )


async def _sent_file(request: HttpRequest) -> tuple[bytes, str]:
    """Return the bytes of the field `picture` and their declared type; nothing when no file was chosen."""
    sent = (await request.form()).get("picture")
    if not isinstance(sent, UploadFile):
        return b"", ""
    return await sent.read(), sent.content_type


async def _answer(visit: Visit, product_id: UUID, form: str, outcome: str | Trouble) -> Reply:
    if isinstance(outcome, Trouble):
        return await _page(visit, product_id, outcome, refused=form)
    return visit.see_other(f"/products/{product_id}", outcome)


async def _page(visit: Visit, product_id: UUID, trouble: Trouble | None = None, *, refused: str = "") -> Reply:
    return visit.page(
        "office/pictures.html",
        status=trouble.status() if trouble else 200,
        product=await _product(visit, product_id),
        editable=visit.can(WRITE),
        refused=refused,
        trouble=trouble,
    )


ROUTES = (show_pictures, add_picture, change_picture, stored_picture)
