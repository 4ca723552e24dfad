"""The company a plan is made for: people, warehouses, carriers, gateways, call centre, suppliers.

shapes     what there is, every number a figure with its origin
decoding   the nine documents it is read from
rules      what has to fit between the documents
"""

from springtide.contracts.peak.company.decoding import (
    COMPANY_DOCUMENT,
    COMPANY_DOCUMENTS,
    currency_of,
    decode_company,
)
from springtide.contracts.peak.company.rules import mistakes_of, used_twice
from springtide.contracts.peak.company.shapes import (
    Basics,
    Box,
    CallCentre,
    Carrier,
    CarrierProduct,
    Closure,
    Company,
    Contract,
    CutOff,
    Figure,
    Gateway,
    Hosting,
    Hours,
    MethodShare,
    Named,
    Observation,
    Pay,
    PaymentHabits,
    Person,
    Record,
    Role,
    Service,
    Supplier,
    ThirdParty,
    Training,
    Warehouse,
    figures,
)

__all__ = (
    "COMPANY_DOCUMENT",
    "COMPANY_DOCUMENTS",
    "Basics",
    "Box",
    "CallCentre",
    "Carrier",
    "CarrierProduct",
    "Closure",
    "Company",
    "Contract",
    "CutOff",
    "Figure",
    "Gateway",
    "Hosting",
    "Hours",
    "MethodShare",
    "Named",
    "Observation",
    "Pay",
    "PaymentHabits",
    "Person",
    "Record",
    "Role",
    "Service",
    "Supplier",
    "ThirdParty",
    "Training",
    "Warehouse",
    "currency_of",
    "decode_company",
    "figures",
    "mistakes_of",
    "used_twice",
)
