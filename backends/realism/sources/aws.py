"""AWS: CloudTrail, and invocations of Bedrock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..vocabulary import AGENTS, AWS_SERVICES, CLOUD_AGENTS, CONTAINER_WORDS, WINDOWS
from .source import COMMON, RELATED, Make, Record, Row, Source, always, new_uuid, number, one_of

_IDENTITY = "aws.cloudtrail.user_identity"

_CALLS: Mapping[str, tuple[str, str, str]] = {
    "ConsoleLogin": ("signin.amazonaws.com", "authentication", "info"),
    "AssumeRole": ("sts.amazonaws.com", "authentication", "info"),
    "AssumeRoleWithSAML": ("sts.amazonaws.com", "authentication", "info"),
    "AssumeRoot": ("sts.amazonaws.com", "authentication", "info"),
    "GetSessionToken": ("sts.amazonaws.com", "authentication", "info"),
    "GetCallerIdentity": ("sts.amazonaws.com", "api", "access"),
    "CreateUser": ("iam.amazonaws.com", "iam", "creation"),
    "DeleteUser": ("iam.amazonaws.com", "iam", "deletion"),
    "CreateAccessKey": ("iam.amazonaws.com", "iam", "creation"),
    "AttachUserPolicy": ("iam.amazonaws.com", "iam", "change"),
    "CreateGroup": ("iam.amazonaws.com", "iam", "creation"),
    "AddUserToGroup": ("iam.amazonaws.com", "iam", "change"),
    "DescribeInstances": ("ec2.amazonaws.com", "host", "info"),
    "RunInstances": ("ec2.amazonaws.com", "host", "start"),
    "GetObject": ("s3.amazonaws.com", "file", "access"),
    "ListBuckets": ("s3.amazonaws.com", "file", "info"),
    "GetSecretValue": ("secretsmanager.amazonaws.com", "configuration", "access"),
    "StopLogging": ("cloudtrail.amazonaws.com", "configuration", "change"),
    "DeleteTrail": ("cloudtrail.amazonaws.com", "configuration", "deletion"),
    "InvokeModel": ("bedrock.amazonaws.com", "api", "access"),
}
"""By ``event.action``: ``event.provider``, ``event.category`` and ``event.type``."""

_TYPES = (
    ("Create", "creation"),
    ("Delete", "deletion"),
    ("Get", "access"),
    ("List", "access"),
    ("Describe", "access"),
    ("Run", "start"),
    ("Start", "start"),
)
_ACTIONS_OF = {
    "ec2": "DescribeInstances",
    "iam": "ListUsers",
    "s3": "GetObject",
    "sts": "GetCallerIdentity",
    "lambda": "ListFunctions20150331",
    "rds": "DescribeDBInstances",
    "kms": "Decrypt",
    "ssm": "DescribeParameters",
    "cloudtrail": "DescribeTrails",
    "secretsmanager": "GetSecretValue",
    "signin": "ConsoleLogin",
    "logs": "DescribeLogGroups",
    "dynamodb": "DescribeTable",
    "bedrock": "ListFoundationModels",
    "eks": "DescribeCluster",
}
"""By the service: a harmless call."""


def provider_of(action: str) -> str:
    """The service that a call is made to, as far as its name says so."""
    if action in _CALLS:
        return _CALLS[action][0]
    return next((f"{service}.amazonaws.com" for word, service in AWS_SERVICES.items() if word in action), "")


def _row(action: str, provider: str = "") -> Row:
    known = _CALLS.get(action)
    type_ = known[2] if known else next((type_ for word, type_ in _TYPES if action.startswith(word)), "change")
    service = provider or provider_of(action)
    category = known[1] if known else "iam" if service.startswith("iam.") else "api"
    allowed = {"iam": ("creation", "deletion", "change")}.get(category, (type_,))
    row = {"event.action": action, "event.category": category, "event.type": type_ if type_ in allowed else "info"}
    return {**row, "event.provider": service} if service else row


def _rows(record: Record) -> Iterable[Row]:
    """The call that the rule names, with its service; otherwise usual ones."""
    provider = record.text("event.provider") if record.asked("event.provider") else ""
    for action in record.options("event.action", words=("", "s"))[:4] if record.asked("event.action") else ():
        yield _row(action, "")
        yield _row(action, provider)
    service = provider.partition(".")[0]
    if service in _ACTIONS_OF:
        yield _row(_ACTIONS_OF[service], provider)
    for action in record.rng.sample(sorted(_CALLS), len(_CALLS)):
        yield _row(action)


def _issuer(record: Record) -> str:
    """The name of the role of a session."""
    arn = record.text(f"{_IDENTITY}.arn")
    return arn.split("/")[1] if ":assumed-role/" in arn and arn.count("/") > 1 else f"{record.rng.choice(CONTAINER_WORDS)}-role"


def identity_rows(record: Record) -> Iterable[Row]:
    """The type, ARN and keys of who calls, which agree with the name."""
    environment = record.environment
    user, account = record.text("user.name") or environment.user, record.text("cloud.account.id") or environment.account
    key, session = ({f"{_IDENTITY}.access_key_id": record.derived(f"{name} key")} for name in ("access", "session"))

    def of(kind: str, end: str, service: str = "iam") -> dict[str, Any]:
        return {f"{_IDENTITY}.type": kind, f"{_IDENTITY}.arn": f"arn:aws:{service}::{account}:{end}"}

    role = {**of("AssumedRole", f"assumed-role/{_issuer(record)}/{user}", "sts"), **session}
    iam = {**of("IAMUser", f"user/{user}"), **key}
    root = {**of("Root", "root"), **session}
    listed = [iam, role, root] if user.lower() != "root" else [root, iam, role]
    if ":" in record.text("user.id") or record.asked(f"{_IDENTITY}.session_context.session_issuer.arn"):
        listed = [role, iam, root]
    listed.append(of("FederatedUser", f"federated-user/{user}", "sts"))
    for row in listed:
        yield row
        yield {name: value for name, value in row.items() if not name.endswith("access_key_id")}
    for row in listed:
        yield {f"{_IDENTITY}.type": row[f"{_IDENTITY}.type"]}
        yield {f"{_IDENTITY}.arn": row[f"{_IDENTITY}.arn"]}


def _account(record: Record) -> Iterable[str]:
    parts = record.text(f"{_IDENTITY}.arn").split(":")
    return (parts[4], record.environment.account) if len(parts) > 4 and parts[4].isdecimal() else (record.environment.account,)


def _version(record: Record) -> Iterable[str]:
    return ("1.09", "1.08")


def _request(record: Record) -> Iterable[str]:
    action = record.text("event.action")
    if record.asked("aws.cloudtrail.request_parameters"):
        return (f"{{userName={record.environment.user}}}", "{passwordResetRequired=false}", f"{{instanceId={record.environment.instance}}}")
    if record.text("aws.cloudtrail.error_code") == "" and any(word in action for word in ("User", "AccessKey", "LoginProfile")):
        return ("{userName=" + record.environment.user + "}",)
    if "Instance" in action:
        return (f"{{instancesSet={{items=[{{instanceId={record.environment.instance}}}]}}}}",)
    if "Bucket" in action or "Object" in action:
        return ("{bucketName=example-reports, Host=example-reports.s3.amazonaws.com}",)
    return ()


_BROWSER = AGENTS[WINDOWS][0]
_READS = ("Get", "List", "Describe", "Head", "Lookup")

CLOUDTRAIL_FIELDS: Mapping[str, Make] = {
    **COMMON,
    "event.outcome": lambda record: (
        ("failure", "success")
        if record.has("aws.cloudtrail.error_code")
        else ("success",)
        if record.asked("event.outcome") is False
        else ("success", "failure")
    ),
    "aws.cloudtrail.error_message": lambda record: (
        ("User is not authorized to perform this operation",) if record.has("aws.cloudtrail.error_code") else ()
    ),
    "cloud.account.id": _account,
    "cloud.provider": always("aws"),
    "cloud.region": lambda record: (record.environment.region, "us-east-1"),
    "aws.cloudtrail.user_identity.account_id": lambda record: (record.text("cloud.account.id"),) if record.text("cloud.account.id") else (),
    "aws.cloudtrail.event_version": _version,
    "aws.cloudtrail.event_type": lambda record: ("AwsConsoleSignIn",) if record.text("event.action") == "ConsoleLogin" else ("AwsApiCall",),
    "aws.cloudtrail.event_category": always("Management"),
    "aws.cloudtrail.management_event": always("true"),
    "aws.cloudtrail.read_only": lambda record: (str(record.text("event.action").startswith(_READS)).lower(),),
    "aws.cloudtrail.recipient_account_id": lambda record: (record.text("cloud.account.id"),) if record.text("cloud.account.id") else (),
    "aws.cloudtrail.request_id": new_uuid,
    "aws.cloudtrail.request_parameters": _request,
    "aws.cloudtrail.user_identity.session_context.mfa_authenticated": lambda record: (
        ("true", "false") if record.text(f"{_IDENTITY}.type") == "AssumedRole" else ()
    ),
    "aws.cloudtrail.user_identity.session_context.session_issuer.arn": lambda record: (
        (f"arn:aws:iam::{record.text('cloud.account.id')}:role/{_issuer(record)}",)
        if record.text(f"{_IDENTITY}.type") == "AssumedRole"
        else ()
    ),
    "user_agent.original": lambda record: (
        (_BROWSER,) if record.text("event.action") == "ConsoleLogin" else (*record.rng.sample(CLOUD_AGENTS, 3),)
    ),
    "source.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    "tls.version": always("1.3", "1.2"),
    "tls.client.server_name": lambda record: (
        (f"{record.text('event.provider').partition('.')[0]}.{record.text('cloud.region') or 'us-east-1'}.amazonaws.com",)
        if record.text("event.provider")
        else ()
    ),
    **RELATED,
}

_MODELS = ("anthropic.claude-3-sonnet-20240229-v1:0", "amazon.titan-text-express-v1", "meta.llama3-8b-instruct-v1:0")
_BEDROCK: Mapping[str, Make] = {
    **COMMON,
    "event.action": always("InvokeModel", "Converse"),
    "event.outcome": always("success"),
    "cloud.provider": always("aws"),
    "cloud.region": lambda record: (record.environment.region,),
    "cloud.account.id": lambda record: (record.environment.account,),
    "user.id": lambda record: (f"arn:aws:iam::{record.environment.account}:user/{record.environment.user}",),
    "gen_ai.provider.name": always("aws.bedrock"),
    "gen_ai.request.model.id": one_of(*_MODELS),
    "gen_ai.request.model.version": always("bedrock-2023-05-31"),
    "gen_ai.request.id": new_uuid,
    "gen_ai.user.id": lambda record: (record.text("user.id"),) if record.text("user.id") else (),
    "gen_ai.operation.name": always("chat"),
    "gen_ai.prompt": always("Summarise the notes of the last meeting."),
    "gen_ai.completion": always("The meeting covered the schedule and the budget."),
    "gen_ai.usage.prompt_tokens": number(20, 4000),
    "gen_ai.usage.completion_tokens": number(20, 2000),
    "gen_ai.performance.request_size": number(200, 8000),
    "gen_ai.performance.response_size": number(200, 8000),
    "gen_ai.compliance.violation_detected": always("false", "true"),
    "aws_bedrock.invocation.model_id": lambda record: (
        (record.text("gen_ai.request.model.id"),) if record.text("gen_ai.request.model.id") else ()
    ),
    "aws_bedrock.invocation.schema_type": always("ModelInvocationLog"),
    "aws_bedrock.invocation.request_id": lambda record: (record.text("gen_ai.request.id"),) if record.text("gen_ai.request.id") else (),
    **RELATED,
}

CLOUDTRAIL = Source(
    "aws.cloudtrail", service="aws", marks=("aws.cloudtrail.",), beats=("filebeat-8.17.0",), rows=_rows, fields=CLOUDTRAIL_FIELDS
)
AWS = (
    CLOUDTRAIL,
    Source(
        "aws_bedrock.invocation",
        service="aws",
        marks=("gen_ai.", "aws_bedrock."),
        beats=("filebeat-8.17.0",),
        fields=_BEDROCK,
        lacks=("aws.cloudtrail.", "user_agent.", "source.", "event.provider"),
    ),
)
