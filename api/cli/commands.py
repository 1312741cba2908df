"""The table of commands: help text, arguments, and the module that implements each.

A new command is a module with a ``run`` and a dataclass of options, and a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GROUP = "triggerfish"
"""The program whose sub-commands the rows are."""
SHELLS = ("bash", "zsh", "fish")

Examples = tuple[tuple[str, str], ...]
"""What follows the name of the command, and what that is for."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The positional argument of a command.

    Attributes:
        name: the field of the options that takes it.
        value: its metavar in help; with trailing dots it may be repeated, in brackets it may be left out.
        choices: the values there are, if they can be listed.
    """

    name: str
    value: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        summary: what it does, in one line.
        details: further paragraphs of its help.
        argument: its positional argument.
        options: where the dataclass of its options is, as ``module:name``.
        run: where its function is; called with the options and the names of those given explicitly, it returns the exit code.
        examples: calls of it, by the section of help that shows them; "" is for the end.
        has_outcomes: whether its help lists the exit codes of runs.
        batch: whether it is also a program of its own, and lists the document formats.
    """

    summary: str
    argument: Argument
    options: str
    run: str
    details: str = ""
    examples: Mapping[str, Examples] = field(default_factory=dict)
    has_outcomes: bool = True
    batch: bool = False


_PATHS = Argument("paths", "PATH...")
_RUN = ".run.run_options:RunOptions"
_RULES = "Each PATH is a rule file, a folder of them (searched with its subfolders), or `-` for standard input."

COMMANDS: Mapping[str, Command] = {
    "check": Command(
        "Report what is wrong with detection rules; write no documents.",
        _PATHS,
        _RUN,
        ".cli.check:run",
        f"{_RULES}\nFindings and a summary go to standard error.",
        {
            "": (
                ("rules/", "all rules of a folder"),
                ("--report r.sarif --report-format sarif rules/", "for code scanning"),
                ("--fail-on unsatisfiable,dead rules/", "to fail a pull request"),
                ("--ignore value-outside,duplicate-id rules/", "without some findings"),
                ("--query 'destination.port < 1024 and destination.port > 1024'", "a query"),
            )
        },
    ),
    "generate": Command(
        "Generate events that trigger detection rules.",
        _PATHS,
        _RUN,
        ".cli.generate:run",
        f"{_RULES}\nDocuments go to standard output, findings and a summary to standard error.",
        {
            "": (
                ("-n 10 --seed 7 rule.toml", "ten matches, reproducible"),
                ("-f bulk -o events.ndjson --mappings mappings.json rules/", "to load into Elasticsearch"),
                ("--style plain --query 'process.name: *.exe'", "a query, its own fields only"),
            )
        },
    ),
    "near-misses": Command(
        "Generate events that only just do not trigger detection rules.",
        _PATHS,
        _RUN,
        ".cli.near_misses:run",
        f"{_RULES}\nFor each condition there are events that fail it alone: a bound missed by one, another case, an excluded value, "
        "a missing field; for sequences also the wrong order, time or key. By default each is a line of the format `groups`, which says "
        "what it fails.",
        {
            "": (
                ("rule.toml", "what each near miss fails, with its documents"),
                ("-f ndjson -o quiet.ndjson rules/", "documents only"),
                ("--query 'process.name: cmd.exe and not user.name: root'", "a query"),
            )
        },
    ),
    "explain": Command(
        "Explain rules: dead parts, and constraints on each field.",
        _PATHS,
        _RUN,
        ".cli.explain:run",
        f"{_RULES}\nExplanations go to standard output.",
        {
            "": (
                ("rule.toml", "the query with its dead parts marked"),
                ("--draw rule.svg rule.toml", "as a picture, with Graphviz"),
                ("--draw - rule.toml", "as a tree of text"),
            )
        },
    ),
    "match": Command(
        "Show which detection rules fire on which events.",
        _PATHS,
        ".run.match_options:MatchOptions",
        ".cli.match:run",
        f"{_RULES}\nAlerts go to standard output, a summary to standard error. Events may be nested or have dotted "
        "names; the index that they come from is not compared with the index patterns of rules.",
        {
            "": (
                ("rules/ --events events.ndjson", "the rules that fire, and on which events"),
                ("rules/ --events logs/ -f ndjson -j 4", "a folder of logs, alerts as they come"),
                ("rule.toml --events - --expect-none < quiet.ndjson", "fail if the rule fires"),
                ("rules/ --events attack.ndjson --expect 5c983105-4681-46c3-9890-0c66d05e776b", "fail if a rule stays silent"),
                ("rule.toml --events one.json --why", "what keeps the rule from firing"),
                ("--query 'process.name: cmd.exe' --events events.ndjson", "a query"),
            )
        },
        has_outcomes=False,
    ),
    "test": Command(
        "Run the tests beside detection rules, or write some.",
        _PATHS,
        ".run.test_options:TestOptions",
        ".cli.test:run",
        "Each PATH is a rule file in TOML, a folder of them, or a file of tests. The tests of RULE.toml are the `[[tests]]` of "
        "RULE.test.toml beside it, or of the rule's own file: `events`, and with `match` whether the rule fires on them.\nWhat failed goes "
        "to standard output, a summary to standard error.",
        {
            "": (
                ("--init rule.toml", "write matches and near misses to rule.test.toml"),
                ("rules/", "run all tests of a folder"),
                ("--coverage rule.toml", "with the conditions that no test exercises"),
                ("-f junit -o tests.xml -j 4 rules/", "for CI"),
            )
        },
        has_outcomes=False,
    ),
    "compare": Command(
        "Show what one rule catches and another does not: what a change gains and loses.",
        Argument("paths", "PATH..."),
        ".run.compare_options:CompareOptions",
        ".cli.compare:run",
        "Two PATHs are the old rule and the new one: files, folders whose rules are paired by their ids, or REV:PATH for a version that "
        "git knows. Each direction has a proof that nothing is lost (or gained), or events that show what is.",
        {
            "": (
                ("old.toml new.toml", "two rules"),
                ("HEAD~1:rules/a.toml rules/a.toml", "a rule and what it was before"),
                ("--against origin/main rules/", "all rules that a branch changed"),
                ("--against origin/main -f markdown rules/", "for a comment on a pull request"),
                ("--against origin/main --fail-on narrower,overlapping,disjoint rules/", "fail if something is no longer caught"),
                ("--query 'process.name: a*' --query 'process.name: ab*'", "two queries"),
            )
        },
        has_outcomes=False,
    ),
    "overlaps": Command(
        "Find rules that match nothing but what another rule matches.",
        Argument("paths", "PATH..."),
        ".run.overlaps_options:OverlapsOptions",
        ".cli.overlaps:run",
        "Each PATH is a rule file or a folder of them. Duplicates, rules inside others, and rules inside others but for what these exclude "
        "are listed, each with a proof; rules that merely overlap are not.",
        {
            "": (
                ("rules/", "all rules of a folder"),
                ("--cache .cache rules/", "quickly after a change"),
                ("--fail -f sarif -o overlaps.sarif rules/", "in CI"),
            )
        },
        has_outcomes=False,
    ),
    "exceptions": Command(
        "Show what exceptions silence: rules wholly or in part, or nothing.",
        Argument("paths", "PATH..."),
        ".run.exceptions_options:ExceptionsOptions",
        ".cli.exceptions:run",
        "The first PATH is a file of exceptions: Kibana's export of an exception list, or items and filters as JSON. The others are rule "
        "files or folders of them. Items that are past their expiry, and those that others swallow, are named too.",
        {
            "": (
                ("exceptions.ndjson rules/", "an exception list against all rules"),
                ("--fail -f sarif -o exceptions.sarif exceptions.ndjson rules/", "in CI"),
            )
        },
        has_outcomes=False,
    ),
    "schema": Command(
        "Show what is known about fields: type, values, where the type comes from.",
        Argument("fields", "FIELD..."),
        ".cli.schema:SchemaOptions",
        ".cli.schema:run",
        "Exits with 1 and lists similar names if a field is unknown.",
        {"": (("event.category process.name", "two fields"), ("--json --schema mapping.json my.field", "with a schema, as JSON"))},
        has_outcomes=False,
    ),
    "world": Command(
        "Show the hosts and users that realistic documents share, or write a world file to begin with.",
        Argument("file", "[FILE]"),
        ".cli.world:WorldOptions",
        ".cli.world:run",
        "FILE is a world file, as for `generate --world`. All documents of a run take their hosts, users, addresses and accounts from one "
        "world, whatever the rule: a host has the same address, id and agent everywhere, and a user the same SID.",
        {
            "": (
                ("--init world.toml", "write a world file to edit"),
                ("world.toml", "the hosts and users that it describes, and those that are drawn"),
                ("--seed 7 --size 20", "the world that `generate --seed 7 --world-size 20` has"),
            )
        },
        has_outcomes=False,
    ),
    "completion": Command(
        "Print a script that completes commands, options and files.",
        Argument("shell", "SHELL", SHELLS),
        ".cli.completion:CompletionOptions",
        ".cli.completion:run",
        examples={"": (("bash >> ~/.bashrc", "for bash"),)},
        has_outcomes=False,
    ),
    "compile-rule": Command(
        "Compile detection rules into events that trigger them, or proofs that no event can.",
        _PATHS,
        _RUN,
        ".cli.generate:run",
        f"{_RULES}\nDocuments go to standard output, findings and a summary to standard error.",
        {
            "What to compile": (
                ("rules/", "all rules of a folder"),
                ("rule.toml more/*.toml", "some rules"),
                ("--query 'process.name: *.exe'", "a query instead of files"),
                ("--query 'process where process.pid < 4' --language eql", "in EQL"),
                ("- < rule.toml", "from standard input"),
                ("--changed-since origin/main rules/", "what a branch changed"),
                ("--watch rules/", "recompile when a file changes"),
            ),
            "Documents": (
                ("-n 10 --seed 7 rule.toml", "ten matches, the same ones every time"),
                ("-f groups rule.toml", "one match per line, with its rule"),
                ("-f bulk -o events.ndjson --mappings mappings.json rules/", "to load into Elasticsearch"),
                ("-f query-dsl rule.toml", "the query as Query DSL"),
                ("--style plain --start now rule.toml", "the query's fields only"),
            ),
            "Understanding a rule": (
                ("--explain rule.toml", "dead parts, constraints on fields"),
                ("--draw rule.svg rule.toml", "the same as a picture, with Graphviz"),
                ("--draw - rule.toml", "as a tree of text"),
            ),
            "Reports": (
                ("-f none --report - rules/", "only check, and report as JSON"),
                ("-f none --strict -v rules/", "with notes; dead alternatives are errors"),
                ("-f none --report r.sarif --report-format sarif rules/", "for code scanning"),
                ("-f none --fail-on unsatisfiable,dead rules/", "to fail a pull request"),
            ),
            "Solving": (("--timeout 60 --solver whole rule.toml", "one Z3 formula, one minute"),),
            "Thousands of rules": (
                ("-j 8 rules/", "eight processes, the same output"),
                ("--cache ~/.cache/triggerfish rules/", "skip rules that have not changed"),
                ("--resume -o all.ndjson rules/", "continue after a kill"),
            ),
            "Into Elasticsearch": (("--push https://localhost:9200 --push-ca http_ca.crt rules/", "documents and index templates"),),
            "This command": (("--completion bash >> ~/.bashrc", "complete options and rule files"),),
        },
        batch=True,
    ),
}
"""By name, in the order of help."""
