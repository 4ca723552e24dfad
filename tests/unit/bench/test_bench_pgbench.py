"""The yardstick's script is made of real rows: new ids, the rest as it was, and nothing pgbench would misread."""

from bench.explained import Cost, as_text, moved, side_by_side
from bench.pgbench import of_the_buyer, script
from bench.written import Table, Written

ID = "0195a0d4-7c1e-7d3a-8a0e-1f2e3d4c5b6a"
OTHER = "0195a0d4-7c1e-7d3a-8a0e-1f2e3d4c5b6b"


def table(called: str, schema: str = "orders", **columns: str) -> Table:
    return Table(1, schema, called, tuple(columns), tuple(columns.values()), ())


def test_ids_are_new_each_time_also_inside_texts() -> None:
    rows = Written(table("timeline", id="uuid", what="text"), ((ID, f"placed:{ID}:by {OTHER}"),))
    text = script([rows], products=1_000)
    assert "\\set n random(0, 999)" in text
    assert "select uuidv7() as u0, uuidv7() as u1 \\gset" in text
    assert "((:u0 ::text)::uuid, ('placed:' || :u0 ::text || ':' || 'by ' || :u1 ::text)::text)" in text
    assert ID not in text


def test_nothing_reads_as_a_variable_of_pgbench() -> None:
    rows = Written(table("process", "checkout", body="jsonb", at="timestamptz"), (('{"a":true}', "12:34:56"),))
    text = script([rows], products=1)
    assert """('{"a":' || 'true}')::jsonb""" in text
    assert "('12:34:56')::timestamptz" in text
    assert "\\set n random(0, 0)" in text


def test_quotes_and_nulls_stay() -> None:
    rows = Written(table("orders", number="text", name="text", note="text"), (("100001", "d'Arc", None),))
    assert "(nextval('orders.order_number')::text, ('d''Arc')::text, null)" in script([rows], products=1)


def test_every_kept_answer_has_a_key_of_its_own() -> None:
    rows = Written(table("idempotency", "checkout", key="text", id="uuid"), (("abc", ID),))
    assert "('abc' || '-' || :u0 ::text)::text" in script([rows], products=1)


def test_what_is_written_later_is_left_out() -> None:
    kept = Written(table("orders", id="uuid"), ((ID,),))
    later = Written(table("inbox", id="uuid"), ((ID,),))
    stock = Written(table("stock", "inventory", sku="text"), (("A",),))
    assert of_the_buyer([kept, later, stock]) == [kept]


def test_parameters_move_together() -> None:
    ids: dict[str, str] = {}
    first = moved({"id": ID, "rows": [f'{{"a":"{ID}","b":"{OTHER}"}}'], "n": 3}, ids)
    assert set(ids) == {ID, OTHER}
    assert first == {"id": ids[ID], "rows": [f'{{"a":"{ids[ID]}","b":"{ids[OTHER]}"}}'], "n": 3}


def test_parameters_travel_as_text() -> None:
    assert as_text(None) is None
    assert as_text(["a", 'say "b\\c"', None]) == b'{"a","say \\"b\\\\c\\"",NULL}'
    assert as_text([b"\x01"]) == b'{"\\\\x01"}'


def test_sizes_stand_side_by_side() -> None:
    text = side_by_side({10: {"a.b": Cost(1, 2)}, 1_000: {"a.b": Cost(1, 3), "c.d": Cost(4, 5)}})
    assert [cell.strip() for cell in text.splitlines()[-1].strip("|").split("|")] == ["all", "1, 2", "5, 8"]
