"""Which receivers and watchers the settings name."""

from springtide.contexts.insight.providers.ga4 import Ga4
from springtide.contexts.insight.providers.pingdom import Pingdom
from springtide.contexts.insight.providers.port import Options, Receiver, Watcher
from springtide.contexts.insight.providers.uptimerobot import UptimeRobot


def receivers_of(options: Options) -> tuple[Receiver, ...]:
    """Return who is told of purchases."""
    if not options.ga4_measurement_id:
        return ()
    return (Ga4(measurement_id=options.ga4_measurement_id, api_secret=options.ga4_api_secret, url=options.ga4_url),)


def watchers_of(options: Options) -> tuple[Watcher, ...]:
    """Return who watches from outside."""
    found: list[Watcher] = []
    if options.uptimerobot_key:
        found.append(UptimeRobot(key=options.uptimerobot_key, url=options.uptimerobot_url))
    if options.pingdom_token:
        found.append(Pingdom(token=options.pingdom_token, url=options.pingdom_url))
    return tuple(found)
