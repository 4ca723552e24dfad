"""The part of KEDA's ScaledObject (keda.sh/v1alpha1) that the manifests use, as types: anything else is refused."""

from typing import Literal

from msgspec import Struct, convert


class _Strict(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    pass


class Target(_Strict):
    name: str


class Policy(_Strict):
    type: Literal["Pods", "Percent"]
    value: int
    period_seconds: int


class Direction(_Strict):
    stabilization_window_seconds: int
    policies: list[Policy]


class Behavior(_Strict):
    scale_up: Direction
    scale_down: Direction


class Hpa(_Strict):
    behavior: Behavior


class Advanced(_Strict):
    horizontal_pod_autoscaler_config: Hpa


class Fallback(_Strict):
    failure_threshold: int
    replicas: int


class PrometheusMetadata(_Strict):
    server_address: str
    query: str
    threshold: str


class CronMetadata(_Strict):
    timezone: str
    start: str
    end: str
    desired_replicas: str


class LagMetadata(_Strict):
    nats_server_monitoring_endpoint: str
    account: str
    stream: str
    consumer: str
    lag_threshold: str


class Prometheus(_Strict, tag_field="type", tag="prometheus"):
    metadata: PrometheusMetadata


class Cron(_Strict, tag_field="type", tag="cron"):
    metadata: CronMetadata


class Lag(_Strict, tag_field="type", tag="nats-jetstream"):
    metadata: LagMetadata


class Spec(_Strict):
    scale_target_ref: Target
    polling_interval: int
    min_replica_count: int
    max_replica_count: int
    fallback: Fallback
    advanced: Advanced
    triggers: list[Prometheus | Cron | Lag]


def scaled_object(doc: dict[str, object]) -> Spec:
    """Return the typed spec of a ScaledObject; msgspec.ValidationError names the field that is wrong."""
    assert (doc["apiVersion"], doc["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    return convert(doc["spec"], Spec)
