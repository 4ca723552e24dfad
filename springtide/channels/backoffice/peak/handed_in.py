"""Files that staff hand in on a page: written to disk piece by piece, known by their content."""

from collections.abc import AsyncIterator

from litestar.datastructures import UploadFile

from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.source import HistoryFile
from springtide.platform.uploads import Uploads

_PIECE_BYTES = 256 * 1024


async def taken(visit: Visit, field: str) -> HistoryFile | None:
    """Keep the file of a field for the desk; None when none was chosen. `UploadTooLarge`."""
    sent = (await visit.request.form()).get(field)
    uploads: Uploads | None = visit.request.app.state.uploads
    if not isinstance(sent, UploadFile) or not sent.filename or uploads is None:
        return None

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await sent.read(_PIECE_BYTES):
            yield piece

    upload = await uploads.keep(sent.filename, pieces())
    return HistoryFile(sha256=upload.sha256, name=upload.name)
