"""Audit logs of platforms: Google Cloud, GitHub, Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .actions import of_actions
from .source import COMMON, RELATED, Make, Record, Row, Source, always, copy_of, new_uuid, one_of

_FILEBEAT = ("filebeat-8.17.0",)


def _mail(record: Record) -> Iterable[str]:
    return (record.environment.mail,)


def _gcp_service(record: Record) -> Iterable[str]:
    action = record.text("event.action")
    words = (
        ("google.iam", "iam"),
        ("google.pubsub", "pubsub"),
        ("google.logging", "logging"),
        ("storage.", "storage"),
        ("compute.", "compute"),
        ("io.k8s", "k8s"),
        ("SetIamPolicy", "cloudresourcemanager"),
    )
    return [f"{next((name for word, name in words if word in action), 'compute')}.googleapis.com"]


def _resource(record: Record) -> Iterable[str]:
    """What the method is called on: the collection stands before the verb."""
    parts = record.text("event.action").split(".")
    collection = parts[-2] if len(parts) > 2 and parts[-2].endswith("s") else "resources"
    return (f"projects/{record.text('cloud.project.id')}/{collection}/{record.rng.choice(('reports', 'billing', 'web'))}-1",)


_GCP_USUAL = ("v1.compute.instances.list", "storage.buckets.list", "google.iam.admin.v1.ListServiceAccounts", "v1.compute.instances.get")
_GCP: Mapping[str, Make] = {
    **COMMON,
    "user_agent.original": always(
        "google-cloud-sdk gcloud/472.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    ),
    "event.outcome": always("success", "failure"),
    "event.provider": always("activity", "data_access"),
    "gcp.audit.method_name": copy_of("event.action"),
    "gcp.audit.service_name": _gcp_service,
    "service.name": copy_of("gcp.audit.service_name"),
    "gcp.audit.type": always("type.googleapis.com/google.cloud.audit.AuditLog"),
    "gcp.audit.authentication_info.principal_email": _mail,
    "gcp.audit.request_metadata.caller_ip": copy_of("source.ip"),
    "gcp.audit.request_metadata.caller_supplied_user_agent": lambda record: [
        record.text("user_agent.original") or "google-cloud-sdk gcloud/472.0.0",
        "kubectl/v1.29.3 (linux/amd64) kubernetes/6813625",
    ],
    "cloud.provider": always("gcp"),
    "cloud.project.id": lambda record: (record.environment.project,),
    "cloud.region": always("europe-west1", "us-central1"),
    "gcp.audit.resource_name": _resource,
    "gcp.audit.resource_location.current_locations": always("europe-west1-b"),
    "gcp.audit.status.code": lambda record: (7,) if record.text("event.outcome") == "failure" else (),
    "user.email": _mail,
    "client.user.email": _mail,
    "client.user.id": _mail,
    "log.level": always("NOTICE", "INFO"),
    "log.logger": lambda record: (
        f"projects/{record.text('cloud.project.id')}/logs/cloudaudit.googleapis.com%2F{record.text('event.provider')}",
    ),
    **RELATED,
}

_GITHUB_USUAL = ("repo.create", "git.clone", "org.add_member", "pull_request.merge", "workflows.completed_workflow_run")
_GITHUB_KINDS = {
    "repo.create": ("configuration", "creation"),
    "repo.destroy": ("configuration", "deletion"),
    "git.clone": ("configuration", "access"),
    "git.push": ("configuration", "change"),
    "org.add_member": ("iam", "user"),
    "pull_request.merge": ("configuration", "change"),
    "workflows.completed_workflow_run": ("configuration", "change"),
}
_GITHUB: Mapping[str, Make] = {
    **COMMON,
    "event.outcome": always("success"),
    "github.category": lambda record: [record.text("event.action").partition(".")[0]] if record.text("event.action") else (),
    "github.operation_type": lambda record: [
        next(
            (
                kind
                for word, kind in (
                    ("create", "create"),
                    ("add", "create"),
                    ("destroy", "remove"),
                    ("remove", "remove"),
                    ("delete", "remove"),
                    ("clone", "access"),
                )
                if word in record.text("event.action")
            ),
            "modify",
        )
    ],
    "github.actor_id": lambda record: (record.environment.user_id,),
    "github.org": always("example-org"),
    "github.org_id": always("70012345"),
    "github.repo": one_of("example-org/orders", "example-org/billing", "example-org/frontend"),
    "github.repository_public": always("false"),
    "github.permission": always("read", "write"),
    "github.user_agent": always(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36", "git/2.44.0"
    ),
    "github.actor_ip": lambda record: (record.environment.peer,),
    "github.actor_location.country_code": always("NL", "PT"),
    "github.programmatic_access_type": lambda record: (
        ("OAuth access token", "Fine-grained personal access token") if record.text("event.action").startswith("git.") else ()
    ),
    "github.transport_protocol_name": lambda record: ("http",) if record.text("event.action").startswith("git.") else (),
    "group.name": always("developers"),
    "user.email": _mail,
    "user.id": copy_of("github.actor_id"),
    "source.ip": lambda record: (record.environment.peer,),
    "user_agent.original": copy_of("github.user_agent"),
    **RELATED,
}


def _cluster_user(record: Record) -> Iterable[str]:
    return (
        (record.text("kubernetes.audit.user.username"), record.environment.mail)
        if record.text("kubernetes.audit.user.username")
        else (record.environment.mail,)
    )


_KUBERNETES: Mapping[str, Make] = {
    **COMMON,
    "source.ip": lambda record: (record.environment.address,),
    "event.outcome": lambda record: (
        ("failure", "success") if record.text("kubernetes.audit.annotations.authorization_k8s_io/decision") == "forbid" else ("success",)
    ),
    "kubernetes.audit.apiVersion": always("audit.k8s.io/v1"),
    "kubernetes.audit.kind": always("Event"),
    "kubernetes.audit.auditID": copy_of("event.id"),
    "kubernetes.audit.level": always("RequestResponse", "Metadata"),
    "kubernetes.audit.stage": always("ResponseComplete"),
    "kubernetes.audit.sourceIPs": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    "kubernetes.audit.userAgent": always("kubectl/v1.29.3 (linux/amd64) kubernetes/6813625"),
    "kubernetes.audit.responseStatus.code": lambda record: ("403", "200") if record.text("event.outcome") == "failure" else ("200", "201"),
    "kubernetes.audit.annotations.authorization_k8s_io/decision": lambda record: (
        ("forbid", "allow") if record.text("event.outcome") == "failure" else ("allow", "forbid")
    ),
    "kubernetes.audit.annotations.authorization_k8s_io/reason": always(
        'RBAC: allowed by ClusterRoleBinding "developers" of ClusterRole "edit" to Group "developers"'
    ),
    "kubernetes.audit.objectRef.apiVersion": always("v1"),
    "kubernetes.audit.user.groups": always("system:authenticated"),
    "orchestrator.cluster.name": always("cluster-a"),
    "orchestrator.type": always("kubernetes"),
    "event.action": copy_of("kubernetes.audit.verb"),
    "user.name": _cluster_user,
    "user_agent.original": copy_of("kubernetes.audit.userAgent"),
    **RELATED,
}


def _kubernetes_rows(record: Record) -> Iterable[Row]:
    """Commands are run in pods only."""
    if record.text("kubernetes.audit.objectRef.subresource") in ("exec", "attach", "portforward", "log"):
        yield {"kubernetes.audit.objectRef.resource": "pods"}


PLATFORMS = (
    Source(
        "gcp.audit",
        service="gcp",
        marks=("gcp.audit.",),
        beats=_FILEBEAT,
        rows=of_actions({}, _GCP_USUAL, words=("v1", "google", "v1beta1", "iam", "")),
        fields=_GCP,
    ),
    Source("github.audit", service="github", marks=("github.",), rows=of_actions(_GITHUB_KINDS, _GITHUB_USUAL), fields=_GITHUB),
    Source("kubernetes.audit_logs", service="kubernetes", marks=("kubernetes.",), rows=_kubernetes_rows, fields=_KUBERNETES),
    Source("entityanalytics_entra_id.device", service="azure", fields={**COMMON, "asset.id": new_uuid, **RELATED}),
)
