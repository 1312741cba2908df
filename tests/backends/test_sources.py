"""Sources of events: chosen by what a rule reads, with names, codes and fields that belong together."""

from __future__ import annotations

from typing import Any

import pytest

from triggerfish.api.source_events import SourceEvents
from triggerfish.backends.elasticsearch.index_names import concrete, index_of, is_data_stream, reads
from triggerfish.backends.realism.sources.choose import SOURCES
from triggerfish.backends.realism.sources.windows_data import DATA
from triggerfish.backends.realism.sources.windows_events import SECURITY_EVENTS, SYSMON_EVENTS
from triggerfish.compiler.semantics.document import flatten
from triggerfish.rules import Rule


def document(query: str, *index: str, seed: int = 1) -> dict[str, list[Any]]:
    rule = Rule.from_dict({"name": "r", "type": "eql", "language": "eql", "query": query, "index": [*index]})
    events = SourceEvents(seed=seed, style="realistic")
    events.add_rule(rule)
    return flatten(next(events)[-1])


CASES = [
    ('process where process.name == "cmd.exe"', ("logs-endpoint.events.process-*",), "endpoint.events.process", "endpoint"),
    ('process where process.name == "cmd.exe"', ("logs-system.security*", "winlogbeat-*"), "system.security", "winlogbeat"),
    ('process where process.name == "cmd.exe"', ("logs-windows.sysmon_operational-*",), "windows.sysmon_operational", "winlogbeat"),
    ('any where event.code == "5136"', ("logs-system.security*",), "system.security", "winlogbeat"),
    (
        'process where host.os.type == "linux" and process.name == "bash"',
        ("logs-auditd_manager.auditd-*",),
        "auditd_manager.auditd",
        "auditbeat",
    ),
    ('file where host.os.type == "macos"', ("logs-endpoint.events.*",), "endpoint.events.file", "endpoint"),
    ('any where event.action == "CreateUser"', ("filebeat-*", "logs-aws.cloudtrail-*"), "aws.cloudtrail", None),
    ('any where event.dataset == "okta.system"', ("filebeat-*", "logs-okta*"), "okta.system", None),
    ('any where event.outcome == "success"', ("logs-azure.signinlogs-*",), "azure.signinlogs", None),
    ('any where event.action == "git.clone"', ("logs-github.audit-*",), "github.audit", None),
    ("network where destination.port == 22", ("logs-network_traffic.*", "logs-zeek.*"), "network_traffic.flow", "packetbeat"),
    ("any where gen_ai.request.model.id != null", ("logs-aws_bedrock.invocation-*",), "aws_bedrock.invocation", None),
]


@pytest.mark.parametrize(("query", "index", "dataset", "agent"), CASES, ids=[f"{case[2]} {place}" for place, case in enumerate(CASES)])
def test_the_source_is_one_that_the_rule_reads(query: str, index: tuple[str, ...], dataset: str, agent: str | None) -> None:
    fields = document(query, *index)
    assert fields["event.dataset"] == fields["data_stream.dataset"] == [dataset]
    assert fields["event.module"][0] in dataset
    assert fields.get("agent.type") == ([agent] if agent else None)
    assert len(fields) >= 20


def test_an_index_of_beats_has_no_data_stream() -> None:
    fields = document('process where process.name == "cmd.exe"', "winlogbeat-*")
    assert fields["agent.type"] == ["winlogbeat"]
    assert not any(name.startswith("data_stream.") for name in fields)


@pytest.mark.parametrize("event", [*SECURITY_EVENTS, *SYSMON_EVENTS], ids=lambda event: event.code)
def test_a_windows_event_has_its_provider_channel_and_data_and_no_other(event: Any) -> None:
    sysmon = event in SYSMON_EVENTS
    fields = document(f'any where event.code == "{event.code}"', f"logs-{'windows.sysmon_operational' if sysmon else 'system.security'}-*")
    assert fields["winlog.channel"] == ["Microsoft-Windows-Sysmon/Operational" if sysmon else "Security"]
    assert fields["event.provider"] == fields["winlog.provider_name"]
    assert fields["winlog.event_id"] == [event.code]
    assert {name.removeprefix(DATA) for name in fields if name.startswith(DATA)} <= {*event.data}
    assert (fields["event.action"], fields["event.category"], fields["event.type"]) == ([event.action], [event.category], [event.type])


def test_a_root_logon_is_of_root() -> None:
    fields = document('any where aws.cloudtrail.user_identity.type == "Root" and event.action == "ConsoleLogin"', "logs-aws.cloudtrail-*")
    assert fields["user.name"] == ["root"]
    assert fields["aws.cloudtrail.user_identity.arn"] == [f"arn:aws:iam::{fields['cloud.account.id'][0]}:root"]
    assert fields["event.provider"] == ["signin.amazonaws.com"]


@pytest.mark.parametrize("seed", range(5))
def test_each_kind_of_agent_on_a_host_has_an_id_of_its_own(seed: int) -> None:
    rows = [("logs-endpoint.events.process-*", "process"), ("logs-system.security-*", "process")]
    by_id = {document(f"{category} where process.pid > 4", index, seed=seed)["agent.id"][0] for index, category in rows}
    assert len(by_id) == 2


def test_signature_fields_agree() -> None:
    fields = document("process where process.code_signature.exists == false", "logs-endpoint.events.process-*")
    assert "process.code_signature.subject_name" not in fields
    assert fields.get("process.code_signature.trusted") in (None, [False])


def test_sources_are_told_apart_by_dataset_and_category() -> None:
    keys = [(source.dataset, source.categories, source.module) for source in SOURCES]
    assert len(keys) == len({*keys})


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (("logs-endpoint.events.process-*",), "logs-endpoint.events.process-default"),
        (("winlogbeat-*",), "winlogbeat-8.17.0"),
        (("logs-endpoint.events.*",), "logs-endpoint.events.events-default"),
        (("logs-okta*",), "logs-okta-default"),
        ((".alerts-security.*",), ".alerts-security.alerts-default"),
        (("cluster:logs-okta.system-*",), "logs-okta.system-default"),
        (("-logs-a-*",), ""),
    ],
)
def test_a_name_for_index_patterns(patterns: tuple[str, ...], name: str) -> None:
    assert concrete(patterns) == name
    assert not name or reads(patterns, name)


def test_the_index_of_a_document() -> None:
    named = {"data_stream": {"type": "logs", "dataset": "okta.system", "namespace": "default"}}
    assert index_of(named, ("filebeat-*", "logs-okta*"), "x") == "logs-okta.system-default"
    assert index_of(named, ("filebeat-*",), "x") == "filebeat-8.17.0"
    assert index_of({"event": {"dataset": "okta.system"}}, ("logs-okta*",), "x") == "logs-okta.system-default"
    assert index_of({"agent": {"type": "auditbeat"}}, ("filebeat-*", "auditbeat-*"), "x") == "auditbeat-8.17.0"
    assert index_of({}, (), "x") == "x"
    assert reads(("logs-*", "-logs-a-*"), "logs-b-default") and not reads(("logs-*", "-logs-a-*"), "logs-a-default")
    assert is_data_stream("logs-okta.system-default") and not is_data_stream("winlogbeat-8.17.0")
