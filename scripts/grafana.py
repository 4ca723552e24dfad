"""The Grafana dashboard as code: `python -m scripts.grafana` writes deploy/grafana/springtide.json.

The same panels are drawn by `scripts.pictures.dashboard` from a Prometheus where there is no Grafana.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[1] / "deploy" / "grafana" / "springtide.json"
WIDTH, HEIGHT = 8, 7
_BUYERS = 'channel=~"storefront|shop_api"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: (expression, legend) pairs, and the unit in Grafana's name for it."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    about: str = ""


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def _quantile(of: float, metric: str, where: str, by: str = "le") -> str:
    return f"histogram_quantile({of}, {_rate(metric + '_bucket', by, where)})"


_SHARE = "springtide:buying_failed:ratio_rate5m"
ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Selling",
        (
            Panel(
                title="Orders a minute, and what usually comes",
                unit="short",
                lines=(
                    ("60 * sum(rate(springtide_orders_placed_total[$__rate_interval]))", "placed"),
                    ("max(springtide_orders_expected_per_minute)", "expected"),
                ),
            ),
            Panel(
                title="Revenue a minute (minor units)",
                unit="short",
                lines=((f"60 * {_rate('springtide_order_revenue_minor_total', 'currency')}", "{{currency}}"),),
            ),
            Panel(
                title="Not sold a minute, because we fail (minor units)",
                unit="short",
                lines=(("max by (currency) (springtide_unsold_minor_per_minute)", "{{currency}}"),),
                about="What usually comes at this hour of this weekday x the share of writing requests that fail.",
            ),
            Panel(
                title="Funnel: carts and tries a second, by step reached",
                unit="ops",
                lines=((_rate("springtide_checkout_steps_total", "step"), "{{step}}"),),
            ),
            Panel(
                title="Buyers who could not pay, by reason",
                unit="ops",
                lines=((_rate("springtide_checkout_refused_total", "code"), "{{code}}"),),
            ),
            Panel(
                title="Stock: holds by outcome, and SKUs that ran out",
                unit="ops",
                lines=(
                    (_rate("springtide_stock_holds_total", "outcome"), "{{outcome}}"),
                    ("sum(rate(springtide_stock_outs_total[$__rate_interval]))", "sold out"),
                ),
            ),
        ),
    ),
    (
        "Service level",
        (
            Panel(
                title="Buying: share of requests that fail (budget 0.05 %)",
                unit="percentunit",
                lines=((_SHARE, "5 minutes"), ("springtide:buying_failed:ratio_rate1h", "1 hour")),
            ),
            Panel(
                title="Completion: p50 and p99",
                unit="s",
                lines=tuple(
                    (_quantile(of, "springtide_contract_call_seconds", 'context="checkout", method="complete"'), name)
                    for of, name in ((0.5, "p50"), (0.99, "p99"))
                ),
            ),
            Panel(
                title="HTTP: p99 by channel",
                unit="s",
                lines=((_quantile(0.99, "springtide_http_request_seconds", _BUYERS, "le, channel"), "{{channel}}"),),
            ),
            Panel(
                title="HTTP: requests a second by status",
                unit="reqps",
                lines=((_rate("springtide_http_request_seconds_count", "status"), "{{status}}"),),
            ),
            Panel(
                title="HTTP: the ten busiest routes",
                unit="reqps",
                lines=((f"topk(10, {_rate('springtide_http_request_seconds_count', 'route')})", "{{route}}"),),
            ),
            Panel(
                title="Requests waiting for their turn, and turned away",
                unit="short",
                lines=(
                    ("sum by (lane) (springtide_http_requests_waiting)", "waiting {{lane}}"),
                    (_rate("springtide_http_requests_turned_away_total", "lane"), "turned away {{lane}}"),
                ),
            ),
        ),
    ),
    (
        "Money",
        (
            Panel(
                title="Payments by gateway and outcome",
                unit="ops",
                lines=((_rate("springtide_payment_attempts_total", "gateway, outcome"), "{{gateway}} {{outcome}}"),),
            ),
            Panel(
                title="Gateways: p95 of a start",
                unit="s",
                lines=((_quantile(0.95, "springtide_gateway_start_seconds", "", "le, gateway"), "{{gateway}}"),),
            ),
            Panel(
                title="Kept from a gateway, and open differences",
                unit="short",
                lines=(
                    (_rate("springtide_gateway_diverted_total", "gateway, why"), "{{gateway}} {{why}}"),
                    ("max by (context) (springtide_open_differences)", "differences {{context}}"),
                ),
            ),
        ),
    ),
    (
        "Machinery",
        (
            Panel(
                title="Contract calls a second, by context",
                unit="ops",
                lines=((_rate("springtide_contract_call_seconds_count", "context"), "{{context}}"),),
            ),
            Panel(
                title="Contract calls: p99 by context",
                unit="s",
                lines=((_quantile(0.99, "springtide_contract_call_seconds", "", "le, context"), "{{context}}"),),
            ),
            Panel(
                title="Contract calls that fail, by outcome",
                unit="ops",
                lines=(
                    (
                        _rate(
                            "springtide_contract_call_seconds_count",
                            "context, outcome",
                            'outcome=~".*unavailable|deadline_exceeded|internal|busy"',
                        ),
                        "{{context}} {{outcome}}",
                    ),
                ),
            ),
            Panel(
                title="Calls in one batch (mean), by lane",
                unit="short",
                lines=(
                    (
                        (
                            f"{_rate('springtide_batch_members_sum', 'lane')}"
                            f" / {_rate('springtide_batch_members_count', 'lane')}"
                        ),
                        "{{lane}}",
                    ),
                ),
            ),
            Panel(
                title="Waiting: lanes, consumers, jobs",
                unit="short",
                lines=(
                    ("max by (lane) (springtide_lane_waiting)", "lane {{lane}}"),
                    ("max by (consumer) (springtide_consumer_pending_events)", "events {{consumer}}"),
                    ("max by (context) (springtide_jobs_waiting)", "jobs {{context}}"),
                ),
            ),
            Panel(
                title="Age of the oldest unsent event",
                unit="s",
                lines=(("max by (context) (springtide_outbox_lag_seconds)", "{{context}}"),),
            ),
            Panel(
                title="Database connections in use",
                unit="short",
                lines=(
                    ('sum by (context) (springtide_db_pool_connections{state="used"})', "{{context}}"),
                    ("sum(springtide_db_pool_waiting)", "waiting for one"),
                ),
            ),
            Panel(
                title="Processor time a second, and the loop's delay",
                unit="short",
                lines=(
                    ("sum by (instance) (rate(process_cpu_seconds_total[$__rate_interval]))", "CPU {{instance}}"),
                    ("max by (instance) (springtide_event_loop_late_seconds)", "late {{instance}}"),
                ),
            ),
            Panel(
                title="Memory",
                unit="bytes",
                lines=(("sum by (instance) (process_resident_memory_bytes)", "{{instance}}"),),
            ),
        ),
    ),
)


def panels() -> list[Panel]:
    """Return all panels in their order."""
    return [panel for _, row in ROWS for panel in row]


def dashboard() -> dict[str, object]:
    """Return the dashboard as Grafana imports it."""
    placed: list[dict[str, object]] = []
    y = 0
    for title, row in ROWS:
        at = {"h": 1, "w": 24, "x": 0, "y": y}
        placed.append({"id": len(placed) + 1, "type": "row", "title": title, "gridPos": at, "panels": []})
        y += 1
        for number, panel in enumerate(row):
            at = {"h": HEIGHT, "w": WIDTH, "x": WIDTH * (number % 3), "y": y + HEIGHT * (number // 3)}
            placed.append(_panel(panel, len(placed) + 1, at))
        y += HEIGHT * -(-len(row) // 3)
    return {
        "uid": "springtide-shop",
        "title": "Springtide: the shop",
        "tags": ["springtide"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Source"}]},
        "panels": placed,
    }


def _panel(panel: Panel, number: int, at: dict[str, int]) -> dict[str, object]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "gridPos": at,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend, "datasource": source}
            for place, (expression, legend) in enumerate(panel.lines)
        ],
    }


def written() -> str:
    """Return the file as it is kept."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
    sys.exit(0)
