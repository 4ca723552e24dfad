"""What a load test refuses, by name."""

from springtide.platform.errors import BadInput, Forbidden, Unavailable, Unprocessable


class ScenarioWrong(BadInput):
    """The scenario cannot be read or makes no sense; facts: fields = {where: what is wrong}."""

    code = "scenario_wrong"
    title = "The scenario is not right"


class ScenarioUnknown(BadInput):
    """There is no scenario of this name and no file at this path; facts: known."""

    code = "scenario_unknown"
    title = "There is no such scenario"


class BasketsWrong(BadInput):
    """The file of baskets cannot be read or is empty."""

    code = "baskets_wrong"
    title = "The baskets are not right"


class HostRefused(Forbidden):
    """The address is not on this machine or a private network, and nobody allowed it; facts: host, addresses."""

    code = "host_refused"
    title = "This host may not be put under load"


class LocustMissing(Unprocessable):
    """The extra `rehearse` is not installed."""

    code = "locust_missing"
    title = "Locust is not installed"


class NothingToBuy(Unprocessable):
    """The deployment shows no product that can be bought in a market of the scenario; facts: markets."""

    code = "nothing_to_buy"
    title = "There is nothing to buy"


class RehearsalRefused(Forbidden):
    """The deployment takes no rehearsal with this token; facts: said (the code of its refusal)."""

    code = "rehearsal_refused"
    title = "The deployment takes no rehearsal"


class DeploymentAway(Unavailable):
    """The deployment did not answer before the load began."""

    code = "deployment_away"
    title = "The deployment does not answer"


class SwarmFailed(Unavailable):
    """The load generator did not come to its end; facts: said (its last lines)."""

    code = "swarm_failed"
    title = "The load generator failed"


class ScheduleWrong(BadInput):
    """The schedule is not like "daily 03:00", "weekly mon 03:00" or "every 6h"."""

    code = "schedule_wrong"
    title = "The schedule is not right"
