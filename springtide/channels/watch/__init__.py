"""Watches the shop and tells people, by mail and webhook, when one of a dozen things is wrong. Needs no Prometheus.

Facts come from the figures of all processes and from contracts; `rules` says what is wrong, `states` what is news,
`telling` brings it to people. Every alert has a page in docs/runbook.
"""

from springtide.channels.watch.watching import watching

__all__ = ["watching"]
