import time
from datetime import date
import pytest
from tests.context.orders.orders_builders import *
from springtide.demo.load import load_history
from springtide.contracts.pricing.api import PricingApi
from springtide.contracts.orders.api import *
@pytest.mark.timeout(400)
async def test_perf(node_with):
    node = await node_with("orders", fakes={PricingApi: FakePricing()}, strict_calls=False)
    api = node.ask(OrdersApi)
    t=time.time(); await load_history(node.ask, say=lambda x: print(x[:300])); print("import s", time.time()-t)
    t=time.time(); d=await api.history(caller=OFFICE, as_of=date(2011,9,1)); print("history", len(d), sum(x.orders for x in d), time.time()-t)
    t=time.time(); d=await api.check(caller=OFFICE); print("check", d[:3], time.time()-t)
    t=time.time(); d=await api.list_orders(caller=OFFICE, where=OrderFilter(text="17850", with_imported=True)); print("list text", len(d.items), time.time()-t)
    t=time.time(); d=await api.list_orders(caller=OFFICE, where=OrderFilter()); print("list live", len(d.items), time.time()-t)
    t=time.time(); d=await api.list_orders(caller=OFFICE, where=OrderFilter(payment_status=PaymentStatus.UNPAID, with_imported=True)); print("list unpaid", len(d.items), time.time()-t)
    t=time.time(); d=await api.list_orders(caller=OFFICE, where=OrderFilter(with_imported=True, status=OrderStatus.CANCELLED)); print("list cancelled", len(d.items), time.time()-t)
    print(await api.count_exempt(caller=OFFICE))
