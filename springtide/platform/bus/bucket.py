"""A few shared values that every process may read and hardly anybody writes: a key-value bucket of JetStream."""

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import BucketNotFoundError, KeyWrongLastSequenceError, NoKeysError, NotFoundError

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import BusUnavailable

_REMEMBERED = 64  # the most that the server keeps of one key
_ANSWERED_WITHIN_S = 2.0


class Entry(msgspec.Struct, frozen=True):
    """A value, and the revision that was the newest when it was read."""

    value: bytes
    revision: int


class Bucket:
    """One bucket, made by the first write: reading a shop where nobody ever wrote costs one request and no stream."""

    def __init__(self, connection: Connection, *, name: str) -> None:
        self._connection = connection
        self._name = name

    async def get(self, key: str) -> Entry | None:
        """Return the newest value of a key with its revision; None when there is none. `BusUnavailable`."""
        try:
            message = await self._stream().get_last_msg(f"KV_{self._name}", f"$KV.{self._name}.{key}")
        except NotFoundError:
            return None
        except (NatsError, TimeoutError) as error:
            raise self._away() from error
        return Entry(message.data or b"", message.seq or 0)

    async def replace(self, key: str, value: bytes, *, seen: int) -> bool:
        """Put a value where revision `seen` (0: none) is still the newest; False when it is not. `BusUnavailable`."""
        try:
            bucket = await self._stream().create_key_value(bucket=self._name, history=_REMEMBERED)
            await bucket.update(key, value, last=seen)
        except KeyWrongLastSequenceError:
            return False
        except (NatsError, TimeoutError) as error:
            raise self._away() from error
        return True

    async def history(self, key: str) -> list[bytes]:
        """Return the last values of a key, oldest first, at most 64. `BusUnavailable`."""
        try:
            bucket = await self._stream().key_value(self._name)
            return [entry.value or b"" for entry in await bucket.history(key)]
        except (BucketNotFoundError, NoKeysError):
            return []
        except (NatsError, TimeoutError) as error:
            raise self._away() from error

    def _stream(self) -> JetStreamContext:
        self._connection.require()
        return self._connection.client.jetstream(timeout=_ANSWERED_WITHIN_S)

    def _away(self) -> BusUnavailable:
        msg = f"The bucket {self._name} does not answer."
        return BusUnavailable(msg)
