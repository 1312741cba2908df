"""Alerts of detection rules, traces of applications, and threat intelligence."""

from __future__ import annotations

from collections.abc import Mapping

from .source import COMMON, RELATED, Make, Source, always, new_uuid, number, one_of

_NO_STREAM = {name: make for name, make in COMMON.items() if not name.startswith("data_stream.")}
_SIGNALS: Mapping[str, Make] = {
    **_NO_STREAM,
    "event.kind": always("signal", "alert"),
    "kibana.alert.rule.name": one_of("Unusual process started by a service", "Connection to a rare address", "Account added to a group"),
    "kibana.alert.rule.rule_id": new_uuid,
    "kibana.alert.rule.uuid": new_uuid,
    "kibana.alert.uuid": new_uuid,
    "kibana.alert.status": always("active"),
    "kibana.alert.workflow_status": always("open"),
    "kibana.alert.severity": always("medium", "high", "low", "critical"),
    "kibana.alert.risk_score": always(47, 73, 21, 99),
    "kibana.alert.rule.risk_score": always(47, 73, 21, 99),
    "kibana.alert.rule.severity": always("medium", "high", "low", "critical"),
    "kibana.space_ids": always("default"),
    **RELATED,
}
_TRACES: Mapping[str, Make] = {
    **COMMON,
    "data_stream.type": always("traces"),
    "processor.event": always("transaction"),
    "service.name": one_of("orders", "billing", "frontend"),
    "service.environment": always("production"),
    "service.language.name": always("java"),
    "transaction.id": lambda record: (f"{record.rng.getrandbits(64):016x}",),
    "transaction.name": always("GET /orders", "POST /orders"),
    "transaction.type": always("request"),
    "trace.id": lambda record: (f"{record.rng.getrandbits(128):032x}",),
    "transaction.duration.us": number(500, 900_000),
    **RELATED,
}
OTHERS = (
    Source(
        "", service="", marks=("kibana.alert.", "signal."), beats=(".alerts-security.alerts-default",), module="kibana", fields=_SIGNALS
    ),
    Source(
        "apm",
        service="",
        marks=("transaction.", "processor.", "trace."),
        beats=("apm-8.17.0-transaction-000001",),
        fields=_TRACES,
        kind="traces",
    ),
)
