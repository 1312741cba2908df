"""Known programs of each operating system: directory, arguments, and whether they start others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .vocabulary import LINUX, MACOS, WINDOWS


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """A program.

    Attributes:
        name: of its file.
        directory: where that lies; ``{user}`` is a user's name.
        arguments: what it may be called with, as one text each.
        starts: whether it often starts others.
    """

    name: str
    directory: str
    arguments: tuple[str, ...] = ("",)
    starts: bool = False


def _programs(directory: str, listed: Iterable[str], starts: frozenset[str] = frozenset()) -> tuple[ProgramFile, ...]:
    """Programs of one directory, each written ``name | arguments | other arguments``."""
    programs = []
    for line in listed:
        name, *arguments = (part.strip() for part in line.split("|"))
        programs.append(ProgramFile(name, directory, tuple(arguments) or ("",), name in starts))
    return tuple(programs)


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SYSTEM32 = r"C:\Windows\System32"
_WINDOWS_STARTERS = frozenset(
    ("cmd.exe", "svchost.exe", "services.exe", "explorer.exe", "powershell.exe", "taskhostw.exe", "wscript.exe", "w3wp.exe", "wmiprvse.exe")
)
_UNIX_STARTERS = frozenset(
    ("bash", "sh", "zsh", "dash", "sudo", "sshd", "systemd", "cron", "python3", "launchd", "Terminal", "xpcproxy", "node", "perl", "java")
)

_WINDOWS_PROGRAMS = (
    *_programs(
        _SYSTEM32,
        (
            r"cmd.exe | /c dir C:\Users | /c echo done | /c C:\Scripts\nightly.bat",
            "svchost.exe | -k netsvcs -p | -k LocalService",
            "services.exe",
            "taskhostw.exe | SYSTEM",
            r"rundll32.exe | shell32.dll,Control_RunDLL | C:\Windows\System32\printui.dll,PrintUIEntry",
            r"regsvr32.exe | /s C:\Windows\System32\scrobj.dll",
            r"mshta.exe | C:\Users\Public\form.hta",
            r"wscript.exe | C:\Scripts\inventory.vbs",
            r"cscript.exe | //nologo C:\Scripts\inventory.vbs",
            r"schtasks.exe | /query /fo list | /create /tn Nightly /tr C:\Scripts\nightly.bat /sc daily",
            r"net.exe | user | group /domain | use Z: \\srv-file01\shared",
            "net1.exe | user | group /domain",
            "whoami.exe | /all | ",
            "tasklist.exe | /v",
            "systeminfo.exe",
            "ipconfig.exe | /all",
            "nltest.exe | /domain_trusts",
            r"reg.exe | query HKLM\SOFTWARE | add HKCU\Software\Example /v Level /d 1 /f",
            "sc.exe | query | start UpdateAgent",
            r"certutil.exe | -hashfile C:\Users\Public\setup.exe | -verify server.cer",
            r"bitsadmin.exe | /list | /transfer job http://updates.example.com/package.cab C:\Windows\Temp\package.cab",
            r"msiexec.exe | /i C:\Users\Public\setup.msi /qn",
            "dllhost.exe | /Processid:{3f2504e0-4f89-41d3-9a0c-0305e82c3301}",
            "conhost.exe | 0xffffffff -ForceV1",
            "ping.exe | -n 4 192.0.2.10",
            "nslookup.exe | www.example.com",
            "netsh.exe | advfirewall show allprofiles",
            "wevtutil.exe | el",
            r"curl.exe | -o C:\Windows\Temp\package.zip https://files.example.com/package.zip",
            r"tar.exe | -xf C:\Windows\Temp\package.zip",
            r"notepad.exe | C:\Users\Public\notes.txt",
            "spoolsv.exe",
            "lsass.exe",
            "winlogon.exe",
            "userinit.exe",
            "taskkill.exe | /im notepad.exe",
            r"icacls.exe | C:\Users\Public",
            r"robocopy.exe | C:\Users\Public \\srv-file01\backup /e",
        ),
        _WINDOWS_STARTERS,
    ),
    *_programs(r"C:\Windows", (r"explorer.exe", "regedit.exe", "hh.exe"), _WINDOWS_STARTERS),
    *_programs(
        rf"{_SYSTEM32}\WindowsPowerShell\v1.0",
        (r"powershell.exe | -NoProfile -File C:\Scripts\inventory.ps1 | -ExecutionPolicy Bypass -File C:\Scripts\nightly.ps1",),
        _WINDOWS_STARTERS,
    ),
    *_programs(rf"{_SYSTEM32}\wbem", ("wmic.exe | os get caption", "wmiprvse.exe | -secured -Embedding"), _WINDOWS_STARTERS),
    *_programs(r"C:\Windows\System32\inetsrv", ('w3wp.exe | -ap "DefaultAppPool"',), _WINDOWS_STARTERS),
    *_programs(
        r"C:\Program Files\Microsoft Office\root\Office16",
        (r"winword.exe | /n C:\Users\Public\report.docx", "excel.exe | /dde", "outlook.exe", "powerpnt.exe"),
        frozenset(("winword.exe", "excel.exe", "outlook.exe")),
    ),
    *_programs(r"C:\Program Files (x86)\Microsoft\Edge\Application", ("msedge.exe | --no-first-run",)),
    *_programs(r"C:\Program Files\Google\Chrome\Application", ("chrome.exe | --no-first-run",)),
    *_programs(r"C:\Program Files\Python312", (r"python.exe | C:\Scripts\collect.py",), frozenset(("python.exe",))),
    *_programs(r"C:\Program Files\7-Zip", (r"7z.exe | a C:\Users\Public\archive.7z C:\Users\Public\reports",)),
    *_programs(r"C:\Users\{user}\AppData\Local\Meridian", ("updater.exe | --silent", "meridian-sync.exe | --once")),
    *_programs(r"C:\Users\{user}\Downloads", ("setup.exe | /quiet", "invoice-viewer.exe")),
    *_programs(r"C:\ProgramData\Northlight", ("agent.exe | --service",)),
)

_LINUX_PROGRAMS = (
    *_programs(
        "/usr/bin",
        (
            "bash | -c 'id; uname -a' | -l | /opt/scripts/nightly.sh",
            "sh | -c 'df -h' | /opt/scripts/rotate.sh",
            "dash | -c ls",
            "python3 | /opt/scripts/collect.py | -m http.server 8080",
            "perl | /opt/scripts/report.pl",
            "curl | -s https://files.example.com/status.json | -fsSL https://files.example.com/install.sh",
            "wget | -q https://files.example.com/package.tar.gz",
            "ssh | deploy@192.0.2.20",
            "scp | /var/backups/db.tar deploy@192.0.2.20:/srv/backups",
            "sudo | -n true | systemctl restart app",
            "cat | /etc/hosts | /var/log/syslog",
            "ls | -la /var/www",
            "cp | /etc/hosts /tmp/hosts.bak",
            "mv | /tmp/report.tmp /srv/report.csv",
            "chmod | 755 /opt/scripts/nightly.sh",
            "chown | root:root /etc/app.conf",
            "tar | -czf /tmp/archive.tar.gz /srv/data",
            "find | / -name id_rsa | /tmp -type f",
            "grep | -r password /etc",
            "sed | -i s/old/new/ /etc/app.conf",
            "awk | {print} /etc/passwd",
            "base64 | -d /tmp/data.b64",
            "openssl | version",
            "systemctl | status ssh | daemon-reload",
            "docker | ps -a",
            "kubectl | get pods",
            "git | pull",
            "node | server.js",
            "java | -jar /opt/app/app.jar",
            "crontab | -l",
            "id | -u | ",
            "whoami",
            "ps | aux",
            "touch | /tmp/ready",
            "vim | /etc/hosts",
            "nc | -l 8080",
            "gcc | -o tool tool.c",
        ),
        _UNIX_STARTERS,
    ),
    *_programs(
        "/usr/sbin",
        (
            "sshd | -D",
            "cron | -f",
            "useradd | -m deploy",
            "usermod | -aG sudo deploy",
            "iptables | -L",
            "modprobe | loop",
            "nginx | -g daemon off;",
            "apache2 | -k start",
        ),
        _UNIX_STARTERS,
    ),
    *_programs("/usr/lib/systemd", ("systemd | --user",), _UNIX_STARTERS),
    *_programs("/opt/meridian/bin", ("meridian-agent | --config /etc/meridian.conf",)),
    *_programs("/tmp", ("updater", "run.sh")),
    *_programs("/home/{user}/bin", ("sync-notes | --once",)),
)

_MACOS_PROGRAMS = (
    *_programs("/bin", ("bash | -c id", "zsh | -l | -c 'sw_vers'", "sh | -c 'df -h'", "ls | -la /tmp", "launchctl | list"), _UNIX_STARTERS),
    *_programs(
        "/usr/bin",
        (
            "osascript | -e 'display notification \"done\"' | /Users/Shared/report.scpt",
            "python3 | /Users/Shared/collect.py",
            "curl | -s https://files.example.com/status.json",
            "defaults | read com.example.notes",
            "security | list-keychains",
            "open | /Applications/Notes.app",
            "ditto | /tmp/source /tmp/copy",
            "mdfind | -name report",
            "plutil | -p /tmp/settings.plist",
            "dscl | . list /Users",
            "sudo | -n true",
            "xattr | -l /tmp/report.pdf",
            "ssh | deploy@192.0.2.20",
            "perl | /Users/Shared/report.pl",
        ),
        _UNIX_STARTERS,
    ),
    *_programs("/sbin", ("launchd",), _UNIX_STARTERS),
    *_programs("/usr/libexec", ("xpcproxy | com.example.agent",), _UNIX_STARTERS),
    *_programs("/Applications/Meridian Notes.app/Contents/MacOS", ("Meridian Notes",)),
    *_programs("/System/Applications/Utilities/Terminal.app/Contents/MacOS", ("Terminal",), _UNIX_STARTERS),
    *_programs("/Users/{user}/Library/Application Support/Meridian", ("meridian-agent | --once",)),
    *_programs("/private/tmp", ("updater",)),
)

PROGRAMS: dict[str, tuple[ProgramFile, ...]] = {WINDOWS: _WINDOWS_PROGRAMS, LINUX: _LINUX_PROGRAMS, MACOS: _MACOS_PROGRAMS}

BY_NAME: dict[str, dict[str, ProgramFile]] = {
    os: {program.name.lower(): program for program in reversed(programs)} for os, programs in PROGRAMS.items()
}
"""By operating system and lower-cased name; of two of one name, the first listed."""

DAEMONS = _listed(
    "svchost.exe services.exe taskhostw.exe spoolsv.exe lsass.exe winlogon.exe userinit.exe wmiprvse.exe dllhost.exe w3wp.exe "
    "conhost.exe sshd cron systemd nginx apache2 launchd xpcproxy"
)
"""Programs that the system itself keeps running: others hardly ever start them."""

USUAL_FOR: dict[str, frozenset[str]] = {
    "file": _listed(
        "explorer.exe msiexec.exe powershell.exe cmd.exe robocopy.exe chrome.exe winword.exe updater.exe setup.exe cp mv vim bash tar "
        "python3 wget touch sed zsh ditto meridian-agent"
    ),
    "registry": _listed("reg.exe regedit.exe svchost.exe msiexec.exe powershell.exe setup.exe updater.exe"),
    "network": _listed(
        "chrome.exe msedge.exe powershell.exe curl.exe svchost.exe updater.exe outlook.exe python.exe curl wget ssh python3 java node nc "
        "meridian-agent osascript"
    ),
    "powershell": _listed("powershell.exe"),
    "iam": _listed("useradd usermod dscl net.exe lsass.exe"),
    "driver": _listed("modprobe services.exe"),
    "authentication": _listed("sshd sudo lsass.exe winlogon.exe"),
}
"""By ``event.category``, and for scripts: the programs that do such things."""

DIRECTORIES: dict[str, tuple[str, ...]] = {
    WINDOWS: (
        _SYSTEM32, r"C:\Program Files\Meridian", r"C:\Users\{user}\AppData\Local\Temp", r"C:\ProgramData\Northlight", r"C:\Windows\Temp",
        r"C:\Users\{user}\Downloads", r"C:\Users\Public", r"D:\Tools",
    ),
    LINUX: ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/meridian/bin", "/tmp", "/var/tmp", "/home/{user}/bin", "/dev/shm", "/srv/app"),
    MACOS: ("/usr/bin", "/usr/local/bin", "/private/tmp", "/Users/{user}/Downloads", "/Users/Shared", "/opt/meridian/bin"),
}  # fmt: skip
"""Directories of other programs, the most usual first."""

FILE_DIRECTORIES: dict[str | None, tuple[str, ...]] = {
    WINDOWS: (
        r"C:\Users\{user}\Documents", r"C:\Users\{user}\Downloads", r"C:\Users\{user}\AppData\Local\Temp", r"C:\ProgramData\Meridian",
        r"C:\Windows\Temp", r"C:\Windows\System32", r"C:\Users\Public", r"D:\Shares\Finance", r"C:\Program Files\Meridian",
    ),
    LINUX: ("/home/{user}", "/tmp", "/var/log", "/etc", "/opt/meridian", "/var/www/html", "/usr/local/bin", "/srv/data", "/dev/shm"),
    MACOS: (
        "/Users/{user}/Documents", "/Users/{user}/Downloads", "/private/tmp", "/Users/{user}/Library/Application Support/Meridian",
        "/Library/Application Support/Meridian", "/usr/local/bin", "/Users/Shared",
    ),
}  # fmt: skip
FILE_DIRECTORIES[None] = FILE_DIRECTORIES[LINUX]

USUAL_PARENTS = {
    "svchost.exe": "services.exe",
    "taskhostw.exe": "svchost.exe",
    "wmiprvse.exe": "svchost.exe",
    "dllhost.exe": "svchost.exe",
    "wsmprovhost.exe": "svchost.exe",
    "msedge.exe": "explorer.exe",
    "chrome.exe": "explorer.exe",
    "outlook.exe": "explorer.exe",
    "winword.exe": "explorer.exe",
    "excel.exe": "explorer.exe",
    "sshd": "systemd",
    "cron": "systemd",
}
"""By the name of a program in lower case: the program that starts it."""
