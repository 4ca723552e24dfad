"""NATS: the stream events travel on and the subjects contract calls travel on. The only package that imports nats.

Events: JetStream stream `SPRINGTIDE`, subjects `ev.<type>`, kept seven days, de-duplicated by outbox row id.
Calls: subjects `rpc.<context>.<method>`, queue group = the context's name (the load balancer between replicas).
A namespace puts everything under a prefix, so that several shops (or tests) share one server.

One file per meaning: `connection`, `stream` (made and asked), `publishing`, `arrivals` and `taking` (consumers and
followers), `calls`, `questions` (to everybody), `telling` (to whoever listens), `bucket` (shared values). `Bus` is all
of them on one connection.
"""

from springtide.platform.lean import without

with without("aiohttp"):  # 7 MiB in every process, for NATS over websockets
    import nats.aio.client  # noqa: F401  loaded here once, so that the imports below find it as it is

from springtide.platform.bus.arrivals import Delivery, ack_all
from springtide.platform.bus.bucket import Bucket
from springtide.platform.bus.calls import Calls, Handler
from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import MAX_PAYLOAD_BYTES, BusUnavailable, PayloadTooLarge
from springtide.platform.bus.publishing import Publisher
from springtide.platform.bus.questions import Questions
from springtide.platform.bus.stream import STREAM, EventStream
from springtide.platform.bus.taking import Taker
from springtide.platform.bus.telling import Teller

__all__ = ["MAX_PAYLOAD_BYTES", "Bus", "BusUnavailable", "Delivery", "Handler", "PayloadTooLarge", "ack_all"]


class Bus:
    """One connection to NATS and everything this process does with it. What a verb does is said where it is at home.

    `url` may name several servers of a cluster, separated by commas: when one is gone the next is taken. `replicas`: on
    how many of them every event is kept.
    """

    def __init__(self, url: str, *, name: str, namespace: str = "", replicas: int = 1) -> None:
        self.connection = Connection(url, name=name, prefix=f"{namespace}." if namespace else "")
        self.events = EventStream(
            self.connection, name=f"{STREAM}_{namespace}" if namespace else STREAM, replicas=replicas
        )
        publisher, taker = Publisher(self.connection, self.events), Taker(self.connection, self.events)
        self._calls = Calls(self.connection)
        questions, teller = Questions(self.connection), Teller(self.connection)
        self.open = self.connection.open
        self.stream = self.events.get
        self.last_sequence = self.events.last_sequence
        self.consumer_lag = self.events.consumer_lag
        self.drop_stream = self.events.drop
        self.begin_anew = self.events.begin_anew
        self.publish = publisher.publish
        self.deliveries = taker.deliveries
        self.follow = taker.follow
        self.call = self._calls.call
        self.serving = self._calls.serving
        self.finish_calls = self._calls.finish
        self.answering = questions.answering
        self.ask_all = questions.ask_all
        self.tell = teller.tell
        self.hearing = teller.hearing

    def bucket(self, name: str) -> Bucket:
        """Return the shop's bucket of shared values with this name."""
        return Bucket(self.connection, name=f"{self.events.name}_{name}")

    async def require_connection(self) -> None:
        """Raise `BusUnavailable` when the server does not answer: a health check."""
        self.connection.require()

    @property
    def connected(self) -> bool:
        """Tell whether the server answers now."""
        return self.connection.connected

    async def close(self) -> None:
        """Finish what is being served, then leave."""
        await self._calls.finish()
        await self.connection.close()
