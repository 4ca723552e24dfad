"""What has to hold before a peak. A gate stops the launch alone; weights are for the score.

The list follows what launch reviews ask for: capacity tested at the plan's own numbers, what happens when a part fails,
limits of others, people, contacts and runbooks, a freeze, a backup that was restored (Google's launch checklist, AWS
Infrastructure Event Readiness, peak lists of retailers).
"""

from dataclasses import dataclass

from springtide.contracts.peak.common import Department

SERVERS, LOGISTICS, STAFF, SUPPORT, LOAD, GATEWAYS, PARTNERS, STOCK, MONEY, PROMISES, RISKS = (
    "servers",
    "logistics",
    "staff",
    "support",
    "load_tests",
    "gateways",
    "partners",
    "stock",
    "money",
    "promises",
    "risks",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`question`: the owner's question it belongs to. `counts_days`: for how long its evidence counts.

    `kind`: of the plan's deadlines, those after which it cannot be had any more.
    """

    id: str
    question: str
    department: Department
    weight: int
    counts_days: int
    gate: bool = False
    kind: str = ""


ITEMS = (
    Item(id="scales_by_itself", question=SERVERS, department=Department.IT, weight=8, counts_days=30, gate=True),
    Item(
        id="quota_allows_most",
        question=SERVERS,
        department=Department.IT,
        weight=5,
        counts_days=60,
        gate=True,
        kind="cloud",
    ),
    Item(id="database_carries_p99", question=SERVERS, department=Department.IT, weight=6, counts_days=45),
    Item(id="backup_restored", question=SERVERS, department=Department.IT, weight=7, counts_days=30, gate=True),
    Item(id="backup_whole", question=SERVERS, department=Department.IT, weight=3, counts_days=7),
    Item(id="primary_lost", question=SERVERS, department=Department.IT, weight=5, counts_days=60),
    Item(id="alerts_arrive", question=SERVERS, department=Department.IT, weight=4, counts_days=30),
    Item(id="freeze_agreed", question=SERVERS, department=Department.IT, weight=2, counts_days=90),
    Item(id="rehearsed_p90", question=LOAD, department=Department.IT, weight=9, counts_days=30, gate=True),
    Item(id="rehearsed_p99", question=LOAD, department=Department.IT, weight=6, counts_days=30),
    Item(id="rehearsed_opening", question=LOAD, department=Department.IT, weight=4, counts_days=30),
    Item(id="broken_on_purpose", question=PROMISES, department=Department.IT, weight=6, counts_days=30, gate=True),
    Item(id="books_agree", question=PROMISES, department=Department.IT, weight=4, counts_days=7),
    Item(
        id="limits_agreed",
        question=GATEWAYS,
        department=Department.FINANCE,
        weight=6,
        counts_days=60,
        gate=True,
        kind="gateway",
    ),
    Item(id="one_gateway_lost", question=GATEWAYS, department=Department.FINANCE, weight=6, counts_days=30),
    Item(
        id="every_method_twice",
        question=GATEWAYS,
        department=Department.FINANCE,
        weight=3,
        counts_days=90,
        kind="gateway",
    ),
    Item(
        id="parcels_booked",
        question=LOGISTICS,
        department=Department.WAREHOUSE,
        weight=7,
        counts_days=60,
        gate=True,
        kind="carrier",
    ),
    Item(id="cut_offs_kept", question=LOGISTICS, department=Department.WAREHOUSE, weight=5, counts_days=30),
    Item(
        id="back_up_carrier",
        question=LOGISTICS,
        department=Department.WAREHOUSE,
        weight=4,
        counts_days=60,
        kind="carrier",
    ),
    Item(
        id="external_room",
        question=LOGISTICS,
        department=Department.WAREHOUSE,
        weight=3,
        counts_days=60,
        kind="carrier",
    ),
    Item(id="warehouse_staffed", question=STAFF, department=Department.WAREHOUSE, weight=6, counts_days=21),
    Item(id="hires_signed", question=STAFF, department=Department.OWNER, weight=5, counts_days=45, kind="hiring"),
    Item(
        id="newcomers_trained", question=STAFF, department=Department.WAREHOUSE, weight=4, counts_days=45, kind="hiring"
    ),
    Item(id="desk_staffed", question=SUPPORT, department=Department.SUPPORT, weight=6, counts_days=21),
    Item(
        id="call_centre_booked",
        question=SUPPORT,
        department=Department.SUPPORT,
        weight=4,
        counts_days=60,
        kind="hiring",
    ),
    Item(id="answers_written", question=SUPPORT, department=Department.SUPPORT, weight=2, counts_days=90),
    Item(id="contacts_checked", question=PARTNERS, department=Department.OWNER, weight=4, counts_days=30, gate=True),
    Item(id="plan_b_drilled", question=PARTNERS, department=Department.OWNER, weight=4, counts_days=180),
    Item(id="high_risks_reduced", question=RISKS, department=Department.OWNER, weight=4, counts_days=45),
    Item(
        id="goods_ordered",
        question=STOCK,
        department=Department.OWNER,
        weight=7,
        counts_days=45,
        gate=True,
        kind="supplier",
    ),
    Item(id="goods_arrived", question=STOCK, department=Department.WAREHOUSE, weight=4, counts_days=14),
    Item(id="budget_released", question=MONEY, department=Department.FINANCE, weight=4, counts_days=90, gate=True),
    Item(id="cash_covered", question=MONEY, department=Department.FINANCE, weight=3, counts_days=60),
)
QUESTIONS = (SERVERS, LOAD, PROMISES, GATEWAYS, LOGISTICS, STAFF, SUPPORT, PARTNERS, RISKS, STOCK, MONEY)
