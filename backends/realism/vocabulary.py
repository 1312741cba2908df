"""Vocabulary of realistic values: names of people, machines, places, services and actions."""

from __future__ import annotations

WINDOWS, LINUX, MACOS = "windows", "linux", "macos"

FIRST_NAMES = (
    "maria", "tomas", "aisha", "jonas", "priya", "elena", "kenji", "lucas", "noor", "ingrid", "samuel", "chen", "fatima", "oskar",
    "leila", "mateo", "hanna", "pavel", "grace", "amara", "nils", "rosa", "yusuf", "clara", "daniel", "sofia", "viktor", "emma", "omar",
    "laura", "henrik", "nadia", "peter", "julia", "andrei", "sara", "david", "mei", "marco", "alice", "rahul", "anna", "thomas", "irene",
    "felix", "naomi", "paul", "vera", "simon", "lina", "martin", "olga", "adam", "karin", "erik", "tessa", "bruno", "helen", "isaac",
    "judith",
)  # fmt: skip
USERS = FIRST_NAMES[:24]
SURNAMES = (
    "lindqvist", "okafor", "moreau", "tanaka", "novak", "haddad", "silva", "petersen", "iyer", "kovacs", "marin", "doyle", "weber",
    "rossi", "jansen", "garcia", "nowak", "costa", "larsen", "dubois", "schmidt", "ferrari", "kim", "nguyen", "rahman", "walker",
    "hughes", "fischer", "santos", "bauer", "virtanen", "horvat", "popescu", "bakker", "olsen", "martins", "ricci", "keller", "sato",
    "mensah", "ahmed", "cohen", "murphy", "laurent", "becker", "andersen", "romano", "wilson", "fraser", "maes", "koch", "barros",
    "eriksen", "meyer", "park", "lopez", "hansen", "farah", "quinn", "visser",
)  # fmt: skip
SERVICE_USERS = ("svc-backup", "svc-deploy", "svc-monitor", "svc-build", "svc-sql", "svc-web")
MAIL_DOMAIN = "example.com"
UNITS = ("finance", "sales", "hr", "dev", "legal", "ops", "design", "lab")
"""Departments, after which workstations are named."""

SERVERS = ("file", "app", "sql", "web", "print", "mgmt")
"""What servers with Windows are named after."""

HOST_STEMS = ("web", "db", "build", "app", "proxy", "queue", "bastion", "mail")
"""What servers with other systems are named after."""

VENDORS = ("Meridian", "Northlight", "Bluefin", "Oakline", "Larkspur", "Tidewater")
PRODUCTS = ("Viewer", "Updater", "Agent", "Sync", "Notes", "Reports", "Desk", "Archive")
NOUNS = (
    "report", "invoice", "budget", "notes", "backup", "update", "archive", "summary", "export", "plan", "draft", "minutes", "inventory",
    "schedule", "contract", "roadmap", "payroll", "orders", "metrics", "settings",
)  # fmt: skip
STEMS = ("updater", "helper", "setup", "agent", "sync", "launcher", "service", "monitor", "loader", "installer", "worker", "client")
LABELS = ("cdn", "api", "static", "login", "updates", "mail", "files", "portal", "assets", "img")
SITES = ("example.com", "example.net", "example.org")
CONTAINER_WORDS = ("orders", "billing", "frontend", "catalog", "search", "ingest", "worker", "auth")
SERVICES = ("UpdateAgent", "BackupService", "SyncHost", "PrintHelper", "ReportQueue", "DeviceMonitor", "TimeKeeper")
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2")
AGENTS = {
    WINDOWS: (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0",
    ),
    LINUX: ("curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", "python-requests/2.31.0"),
    MACOS: ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",),
}
CLOUD_AGENTS = (
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0 exe/x86_64",
    "Boto3/1.34.84 Python/3.11.8 Linux/6.1.0",
    "console.amazonaws.com",
)
AWS_SERVICES = {
    "CallerIdentity": "sts", "AssumeRole": "sts", "SessionToken": "sts", "ConsoleLogin": "signin", "Bucket": "s3", "Object": "s3",
    "Secret": "secretsmanager", "Parameter": "ssm", "Function": "lambda", "Trail": "cloudtrail", "Logging": "cloudtrail",
    "DBInstance": "rds", "DBCluster": "rds", "Instance": "ec2", "SecurityGroup": "ec2", "Snapshot": "ec2", "Volume": "ec2",
    "Image": "ec2", "Policy": "iam", "User": "iam", "Role": "iam", "AccessKey": "iam", "Group": "iam", "MFADevice": "iam",
}  # fmt: skip
"""By a word of ``event.action``: the service that does it, the more telling words first."""

PROVIDERS: dict[str, tuple[str, ...]] = {
    "aws": ("ec2.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com", "sts.amazonaws.com", "lambda.amazonaws.com"),
    "o365": ("AzureActiveDirectory", "Exchange", "SharePoint"),
    "google_workspace": ("admin", "login", "drive"),
}
"""By the service: ``event.provider``."""

CAPABILITIES = ("CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN")
ENVIRONMENT = ("PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TERM=xterm-256color", "SHELL=/bin/bash")
LOG_LINES = (
    "The service entered the running state.",
    "A configuration change was applied.",
    "Connection accepted from client.",
    "Scheduled task completed.",
    "Session opened for user.",
)

EXTENSIONS: dict[str | None, tuple[str, ...]] = {
    WINDOWS: ("docx", "xlsx", "pdf", "txt", "log", "zip", "dll", "exe", "ps1", "tmp"),
    LINUX: ("conf", "log", "sh", "py", "txt", "so", "tar", "json"),
    MACOS: ("plist", "pdf", "txt", "dmg", "sh", "log", "json"),
    None: ("txt", "json", "log", "pdf"),
}

PORTS: dict[str, tuple[str, int]] = {
    "dns": ("udp", 53), "http": ("tcp", 80), "tls": ("tcp", 443), "https": ("tcp", 443), "ssh": ("tcp", 22), "smtp": ("tcp", 25),
    "ftp": ("tcp", 21), "telnet": ("tcp", 23), "rdp": ("tcp", 3389), "smb": ("tcp", 445), "ldap": ("tcp", 389), "kerberos": ("tcp", 88),
    "ntp": ("udp", 123), "mysql": ("tcp", 3306), "pgsql": ("tcp", 5432), "redis": ("tcp", 6379), "snmp": ("udp", 161),
    "tftp": ("udp", 69), "winrm": ("tcp", 5985), "dce_rpc": ("tcp", 135), "rpc": ("tcp", 135), "icmp": ("icmp", 0),
}  # fmt: skip
"""By ``network.protocol``: the transport and the port of the server."""

WELL_KNOWN_USERS: dict[str | None, dict[str, tuple[str, str]]] = {
    WINDOWS: {
        "S-1-5-18": ("SYSTEM", "NT AUTHORITY"),
        "S-1-5-19": ("LOCAL SERVICE", "NT AUTHORITY"),
        "S-1-5-20": ("NETWORK SERVICE", "NT AUTHORITY"),
    },
    LINUX: {"0": ("root", ""), "33": ("www-data", ""), "1": ("daemon", "")},
    MACOS: {"0": ("root", ""), "1": ("daemon", "")},
}
"""By the operating system and the user's id: name and domain."""

EVENT_ACTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("process", "start"): ("start", "exec"),
    ("process", "end"): ("end",),
    ("process", "change"): ("uid_change",),
    ("file", "creation"): ("creation",),
    ("file", "deletion"): ("deletion",),
    ("file", "change"): ("modification", "rename"),
    ("file", "access"): ("open",),
    ("registry", "change"): ("modification",),
    ("registry", "creation"): ("creation",),
    ("registry", "deletion"): ("deletion",),
    ("network", "start"): ("connection_attempted",),
    ("network", "connection"): ("connection_attempted",),
    ("network", "end"): ("disconnect_received",),
    ("library", "start"): ("load",),
    ("driver", "start"): ("load",),
    ("authentication", "start"): ("logged-in",),
    ("session", "start"): ("session-started",),
}
"""By ``event.category`` and ``event.type``."""

ACTIONS: dict[str, tuple[str, ...]] = {
    "aws": (
        "CreateUser", "CreateAccessKey", "AttachUserPolicy", "AttachRolePolicy", "DetachRolePolicy", "DetachUserPolicy", "PutUserPolicy",
        "PutRolePolicy", "UpdateAccessKey", "DeleteUser", "DeleteBucket", "GetObject", "PutObject", "ListBuckets", "DescribeInstances",
        "RunInstances", "StopInstances", "AssumeRole", "GetCallerIdentity", "CreateSecurityGroup", "DeleteTrail", "GetSecretValue",
        "UpdateFunctionCode", "CreateFunction", "ModifyInstanceAttribute", "DescribeSnapshots", "GetParameters", "ListUsers",
    ),
    "kubernetes": ("create", "get", "list", "patch", "update", "delete"),
    "okta": ("user.session.start", "user.authentication.sso", "policy.rule.update", "application.lifecycle.update"),
    "azure": ("Sign-in activity", "Update application", "Add member to group"),
    "github": ("repo.create", "org.add_member", "workflows.completed_workflow_run"),
}  # fmt: skip
"""By the service: what is done with it."""

WINDOWS_EVENTS: dict[str, tuple[str, str]] = {
    "1102": ("log-cleared", "Microsoft-Windows-Eventlog"),
    "4103": ("executing-pipeline", "Microsoft-Windows-PowerShell"),
    "4104": ("execute-remote-command", "Microsoft-Windows-PowerShell"),
    "4624": ("logged-in", "Microsoft-Windows-Security-Auditing"),
    "4625": ("logon-failed", "Microsoft-Windows-Security-Auditing"),
    "4648": ("logged-in-explicit", "Microsoft-Windows-Security-Auditing"),
    "4672": ("logged-in-special", "Microsoft-Windows-Security-Auditing"),
    "4688": ("created-process", "Microsoft-Windows-Security-Auditing"),
    "4697": ("service-installed", "Microsoft-Windows-Security-Auditing"),
    "4698": ("scheduled-task-created", "Microsoft-Windows-Security-Auditing"),
    "4702": ("scheduled-task-updated", "Microsoft-Windows-Security-Auditing"),
    "4720": ("added-user-account", "Microsoft-Windows-Security-Auditing"),
    "4738": ("modified-user-account", "Microsoft-Windows-Security-Auditing"),
    "4662": ("object-operation-performed", "Microsoft-Windows-Security-Auditing"),
    "5136": ("directory-service-object-modified", "Microsoft-Windows-Security-Auditing"),
    "5137": ("directory-service-object-created", "Microsoft-Windows-Security-Auditing"),
    "5145": ("network-share-object-access-checked", "Microsoft-Windows-Security-Auditing"),
    "7045": ("service-installed", "Service Control Manager"),
}
"""By ``event.code``: ``event.action`` and ``event.provider``."""

WINDOWS_CHANNELS = {
    "Microsoft-Windows-Security-Auditing": "Security",
    "Microsoft-Windows-Eventlog": "Security",
    "Microsoft-Windows-PowerShell": "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-Sysmon": "Microsoft-Windows-Sysmon/Operational",
    "Service Control Manager": "System",
}
"""By ``event.provider``."""
