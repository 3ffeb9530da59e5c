"""Reads metrics from standard input as Prometheus' own client library does, and says what is wrong with them."""

import sys

from prometheus_client.parser import text_string_to_metric_families


def problems(text):
    seen = set()
    names = set()
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        if name in names:
            yield f"{name} is there twice"
        names.add(name)
        if not family.documentation:
            yield f"{name} has no HELP"
        if family.type == "unknown" and f"# TYPE {name} untyped" not in text:
            yield f"{name} has no TYPE"
        for sample in family.samples:
            series = (sample.name, tuple(sorted(sample.labels.items())))
            if series in seen:
                yield f"{series} is there twice"
            seen.add(series)
            if family.type == "counter" and (not sample.name.endswith("_total") or sample.value < 0):
                yield f"{series} is no counter"
            if family.type == "histogram" and not sample.name.endswith(("_bucket", "_sum", "_count")):
                yield f"{series} is no part of a histogram"
    if not seen:
        yield "there is nothing"


found = list(problems(sys.stdin.read()))
print("\n".join(found))
sys.exit(1 if found else 0)
