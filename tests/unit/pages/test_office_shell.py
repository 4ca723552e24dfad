from pathlib import Path

from springtide.channels.pages.forms import FieldError, Form
from springtide.channels.pages.render import Pages
from springtide.channels.pages.static_files import StaticFiles

PAGE = """{% extends "office.html" %}{% block title %}Orders{% endblock %}
{% from "tables.html" import head, state, empty %}{% from "forms.html" import field, error_summary %}
{% block content %}
{{ error_summary(form, "Correct this") }}
<table>{{ head([("Order", ""), ("Total, EUR", "number")]) }}</table>
{{ state("Paid", "good") }}
{{ field(form, "reason", "Reason") }}
{{ empty("No orders yet.", "Add one", "/new") }}{% endblock %}"""
OFFICE = {
    "brand": "Shop",
    "home": "/",
    "items": [{"key": "orders", "label": "Orders", "href": "/orders", "count": 3}],
    "current": "orders",
    "person": "Mo <script>",
    "role": "Owner",
    "sign_out": "/sign-out",
    "search": "/search",
    "query": "",
    "labels": {"skip": "Skip", "navigation": "Tasks", "search": "Search", "sign_out": "Sign out"},
}


def test_the_shell_renders_and_escapes(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    form = Form({"reason": '"><b>'}).with_errors(FieldError("reason", "Say why."))
    html = (
        Pages((tmp_path,), StaticFiles()).html("page.html", {"language": "en", "office": OFFICE, "form": form}).decode()
    )
    assert '<a href="/orders" aria-current="page">' in html
    assert "Mo &lt;script&gt;" in html
    assert "&#34;&gt;&lt;b&gt;" in html
    assert '<a href="#reason">Say why.</a>' in html
    assert 'aria-describedby="reason-error" aria-invalid="true"' in html
    assert '<th scope="col" class="number">Total, EUR</th>' in html
    assert "<script>" not in html
    assert " style=" not in html
