"""The pages of the back office, one module per task."""

from springtide.channels.backoffice.areas import (
    customers,
    differences,
    entry,
    gateways,
    insight,
    live,
    order_actions,
    orders,
    peak,
    prices,
    products,
    promotions,
    sales,
    staff,
    stock,
    visits,
)

ROUTES = (
    *entry.ROUTES,
    *orders.ROUTES,
    *order_actions.ROUTES,
    *sales.ROUTES,
    *products.ROUTES,
    *stock.ROUTES,
    *prices.ROUTES,
    *promotions.ROUTES,
    *customers.ROUTES,
    *gateways.ROUTES,
    *peak.ROUTES,
    *staff.ROUTES,
    *live.ROUTES,
    *visits.ROUTES,
    *insight.ROUTES,
    *differences.ROUTES,
)
