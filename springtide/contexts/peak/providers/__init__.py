"""Files in and out: order lines, companies, tables, calendars."""
