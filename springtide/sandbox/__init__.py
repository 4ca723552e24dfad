"""The sandbox: a payment gateway of our own that behaves like a real one, in a process of its own.

It keeps its own durable ledger (SQLite, so that it shares nothing with the shop), speaks HTTP, shows the
buyer pages on its own origin and reports by signed webhooks. It exists so that every promise about money can be
tried against something that can be slow, wrong, silent or late on command.

API (JSON; ``Authorization: Bearer <api key of the account>``; every POST needs ``Idempotency-Key``):

====  ====================================  ==================================================================
POST  /v1/payments                          start a payment (``CreatePayment``), optional ``scenario``
GET   /v1/payments/{id}                     one payment
GET   /v1/payments?merchant_reference=R     the payment with the merchant's own reference, 404 when there is none
POST  /v1/payments/{id}/capture             ``{"amount_minor": n | null, "reference": "…"}``; null captures the rest
POST  /v1/payments/{id}/void                releases what is authorised and not captured; closes a waiting payment
POST  /v1/payments/{id}/refund              ``{"amount_minor": n | null, "reference": "…"}``; never above captured
GET   /v1/ledger?after=SEQ&since=S&limit=N  append-only entries in order, at most 500 a page
GET   /health                               ``ok``
====  ====================================  ==================================================================

Pages for the buyer: ``/pay/{token}`` (card form, bank choice, "open your app", pay later) and ``/phone/{token}`` (the
app of an app push). Card numbers are read in this process only; the last four digits are all that is kept.

Scenario control (``springtide.sandbox.model.Scenario`` lists the fields): the field ``scenario`` of a create request,
or from 127.0.0.1 only:

====  ====================================  ==================================================================
POST  /admin/scenarios                      ``{"account", "scenario", "times", "match": {...}}`` for coming payments
POST  /admin/payments/{id}/scenario         changes the scenario of a payment that exists
POST  /admin/payments/{id}/buyer            ``{"act": "approve" | "decline" | "cancel"}`` plays the buyer
POST  /admin/outage                         ``{"account", "on": true}``: every /v1 call answers 503, nothing is done
POST  /admin/clock                          ``{"advance_s": n}`` moves the gateway's clock (expiry, never signatures)
GET   /admin/webhooks                       what was sent, how often, what is still waiting
====  ====================================  ==================================================================
"""
