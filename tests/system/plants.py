"""Differences to plant: the rule that has to find each, and the change that makes it.

`{card}`, `{shipped}` and `{invoice}` are orders: by card, by card and shipped, and on invoice. `{stranger}` is
an id that nobody knows, `{sku}` what was sold.
"""

STRANGER = "01890000-0000-7000-8000-00000000000f"

COPIED_PROCESS = """insert into checkout.process select (jsonb_populate_record(process,
    jsonb_build_object('checkout_id', '{stranger}', 'cart_id', '{stranger}', 'attempt_id', '{stranger}'))).*
    from checkout.process where checkout_id = '{card}'"""
COPIED_ATTEMPT = """insert into payments.attempt select (jsonb_populate_record(attempt, jsonb_build_object(
    'id', '{stranger}', 'gateway', 'invoice', 'provider_ref', ''{more}))).* from payments.attempt
    where checkout_id = '{shipped}'"""

PLANTS = [
    # between contexts
    ("every success answer has its order", "delete from orders.orders where id = '{card}'"),
    (
        "every success answer has its order",
        "update orders.orders set total_minor = total_minor + 1 where id = '{card}'",
    ),
    ("every success answer has its order", COPIED_PROCESS),
    ("every order was completed", "delete from checkout.process where checkout_id = '{card}'"),
    ("every order was completed", "update checkout.process set step = 'undone' where checkout_id = '{invoice}'"),
    ("orders to ship = units promised", "delete from inventory.promise where checkout_id = '{card}'"),
    (
        "orders to ship = units promised",
        """insert into inventory.promise select '{stranger}', market, state, lines, expires_at, version
           from inventory.promise where checkout_id = '{card}'""",
    ),
    (
        "orders to ship = units promised",
        """update inventory.promise set lines = jsonb_set(lines, '{{0,quantity}}', '1') where checkout_id = '{card}'""",
    ),
    ("no charge without an order", "delete from orders.orders where id = '{shipped}'"),
    ("one charge per order", "update orders.orders set total_minor = total_minor - 1 where id = '{shipped}'"),
    (
        "the money of an order is there",
        "update payments.attempt set released_minor = authorised_minor where checkout_id = '{card}'",
    ),
    (
        "orders and payments know the same sums",
        "update orders.orders set captured_minor = captured_minor - 1 where id = '{shipped}'",
    ),
    (
        "orders and payments know the same sums",
        "update orders.orders set refunded_minor = 1 where id = '{shipped}'",
    ),
    ("orders and payments know the same sums", "delete from payments.attempt where checkout_id = '{shipped}'"),
    # orders
    ("order_total", "update orders.orders set total_minor = total_minor + 1 where id = '{invoice}'"),
    (
        "row_gross",
        """alter table orders.order_lines drop constraint gross_is_net_and_tax;
           update orders.order_lines set net_minor = net_minor - 1 where order_id = '{card}'""",
    ),
    (
        "line_counts",
        """alter table orders.order_lines drop constraint counts_in_bounds;
           update orders.order_lines set cancelled = ordered + 1 where order_id = '{card}'""",
    ),
    ("line_allocations", "update orders.order_lines set open_allocations = '[]' where order_id = '{card}'"),
    ("line_history", "update orders.order_lines set fulfilled = 1 where order_id = '{card}'"),
    ("adjusted_sum", "update orders.orders set adjusted_minor = -1 where id = '{card}'"),
    ("adjusted_too_much", "update orders.orders set adjusted_minor = 1 where id = '{card}'"),
    ("orphan", "update orders.shipping_rows set order_id = '{stranger}' where order_id = '{card}'"),
    (
        "origin",
        """alter table orders.orders drop constraint live_or_imported;
           update orders.orders set import_batch = 'x' where id = '{card}'""",
    ),
    ("document_numbers", "update orders.document_counters set last = last + 1"),
    ("document_numbers", "delete from orders.documents where order_id = '{shipped}'"),
    ("document_sum", "update orders.documents set gross_minor = gross_minor + 1 where order_id = '{shipped}'"),
    # inventory
    ("on_hand_is_ledger_sum", "update inventory.stock set on_hand = on_hand + 1 where sku = '{sku}'"),
    ("on_hand_is_ledger_sum", "delete from inventory.ledger where sku = '{sku}'"),
    ("held_is_sum_of_holds", "update inventory.stock set held = held + 1 where sku = '{sku}'"),
    ("claimed_is_sum_of_claims", "delete from inventory.promise where checkout_id = '{invoice}'"),
    (
        "inbound_is_mirrored",
        "update inventory.stock set inbound_units = '{{7}}', inbound_days = '{{2030-01-01}}' where sku = '{sku}'",
    ),
    ("promised_within_owned", "update inventory.stock set on_hand = claimed - 1 where sku = '{sku}' and claimed > 0"),
    ("nothing_is_negative", "update inventory.stock set on_hand = -1 where sku = '{sku}'"),
    # checkout
    ("checkout.overdue", "update checkout.process set due_at = now() - interval '1 day' where checkout_id = '{card}'"),
    ("checkout.cart_against_process", "update checkout.cart set state = 'open' where checkout_id = '{card}'"),
    ("checkout.completed_without_number", "update checkout.process set order_number = '' where checkout_id = '{card}'"),
    # payments
    (
        "attempt_differs_from_ledger",
        "delete from payments.ledger where checkout_id = '{shipped}' and kind = 'captured'",
    ),
    ("payment_differs_from_gateway", "delete from payments.ledger where checkout_id = '{card}'"),
    (
        "payment_differs_from_gateway",
        """insert into payments.ledger (id, at, attempt_id, checkout_id, gateway, kind, amount_minor, currency,
               provider_ref, cause)
           select '{stranger}', at, attempt_id, checkout_id, gateway, 'refunded', 1, currency, provider_ref, cause
           from payments.ledger where checkout_id = '{shipped}' and kind = 'captured'""",
    ),
    ("ledger_without_attempt", "delete from payments.attempt where checkout_id = '{card}'"),
    ("checkout_paid_twice", COPIED_ATTEMPT.replace("{more}", ", 'late', true")),
    (
        "payment_outcome_open_too_long",
        """update payments.attempt set state = 'unknown', started_at = now() - interval '9 days'
           where checkout_id = '{card}'""",
    ),
    (
        "payment_operation_open_too_long",
        """insert into payments.operation (
               id, attempt_id, checkout_id, kind, amount_minor, state, reason, cause, ordered_at)
           select '{stranger}', id, checkout_id, 'refund', 1, 'pending', '', '', now() - interval '9 days'
           from payments.attempt where checkout_id = '{shipped}'""",
    ),
    ("payment_not_undone", "update payments.attempt set undo_reason = 'late' where checkout_id = '{shipped}'"),
    (
        "gateway_message_parked_too_long",
        """insert into payments.message (
               gateway, event_id, kind, merchant_reference, provider_refs, received_at, due_at)
           values ('sandbox', 'evt', 'captured', 'nobody', '{{}}', now() - interval '9 days', now())""",
    ),
    # pricing
    ("voucher_uses_match_holds", "update pricing.voucher set used = used + 1 where use_limit is null or use_limit > 0"),
    (
        "voucher_within_limit",
        """alter table pricing.voucher drop constraint voucher_check;
           update pricing.voucher set use_limit = 0, used = 1""",
    ),
    ("price_matches_history", "update pricing.price_now set effective_minor = effective_minor + 1 where sku = '{sku}'"),
    ("price_matches_history", "delete from pricing.price_history where sku = '{sku}'"),
    ("price_matches_history", "delete from pricing.price_now where sku = '{sku}'"),
]

ENTRY = """insert into entries (
        account, payment_id, merchant_reference, kind, amount_minor, currency, reference, occurred_at)
    select account, payment_id, {reference}, 'captured', 100, currency, 'planted', occurred_at from entries limit 1"""
BOOKS = [
    ("payment_differs_from_gateway", "update entries set amount_minor = amount_minor + 1"),
    ("payment_differs_from_gateway", "delete from entries where kind = 'captured'"),
    ("payment_differs_from_gateway", ENTRY.format(reference="merchant_reference")),
    ("gateway_payment_unknown_here", ENTRY.format(reference="'a-stranger'")),
]
