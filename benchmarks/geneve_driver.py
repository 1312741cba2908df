"""Geneve driver, run in geneve's environment: reads and writes one JSON object. It does not import Triggerfish.

In: ``rules`` (paths of TOML files), ``schema`` (field types), ``count`` (documents of each rule; 0 for the first ones alone),
and ``import`` to do nothing but import.
Out: by path of a rule the CPU seconds from its file to its first documents, and, where it can do it, those of drawing ``count``
further ones and of writing them as JSON; and the processor's seconds of it all.
"""

import json
import random
import resource
import sys
from pathlib import Path
from time import process_time


def main():
    order = json.load(sys.stdin)
    import pytoml
    from geneve.events_emitter import SourceEvents

    random.seed(0)
    rules = {}
    began = process_time()
    for path in order["rules"]:
        start = process_time()
        try:
            with Path(path).open(encoding="utf-8") as file:
                rule = pytoml.load(file)["rule"]
            events = SourceEvents(order["schema"])
            events.add_rule(Rule(rule))
            first = [event.doc for event in next(events)]
        except Exception as error:
            rules[path] = {"error": f"{type(error).__name__}: {str(error)[:200]}", "first": process_time() - start}
            continue
        answer = {"first": process_time() - start, "documents": len(first)}
        if order["count"]:
            answer.update(drawn(events, order["count"]))
        rules[path] = answer
    cpu = process_time() - began
    json.dump({"rules": rules, "cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, sys.stdout)


def drawn(events, count):
    try:
        start = process_time()
        done = 0
        while done < count:
            for _ in next(events):
                done += 1
        middle = process_time()
        for document in [event.doc for _ in range(count) for event in next(events)]:
            json.dumps(document, separators=(",", ":"))
        # Drawing them again stands for drawing them in the first place.
        after = process_time() - (middle - start)
        return {"drawn": done, "draw": middle - start, "write": max(0.0, after - middle)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error)[:200]}"}


class Rule:
    def __init__(self, table):
        self.type = table.get("type")
        self.language = table.get("language")
        self.query = table.get("query")
        self.name = table.get("name")
        self.rule_id = table.get("rule_id")


main()
