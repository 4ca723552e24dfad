"""The rows of the table, one module each: `async def measure(bench) -> list[Figure]`."""
