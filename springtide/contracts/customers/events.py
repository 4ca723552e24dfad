"""What customers tells the others: ids only. Additions only."""

from uuid import UUID

from springtide.platform.events import Event


class CustomerSignedUp(Event, frozen=True, kw_only=True):
    """An account was opened. Aggregate: the customer's id."""

    TYPE = "customers.signed_up"

    customer_id: UUID
    locale: str


class CustomerErased(Event, frozen=True, kw_only=True):
    """A customer's personal data was overwritten: owners of copies do the same. Aggregate: the customer's id."""

    TYPE = "customers.erased"

    customer_id: UUID
