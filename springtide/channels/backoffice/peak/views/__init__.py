"""What fills each page of a plan: parts fetched, brought into the order of the page, charts made of them."""
