"""Makes docs/conformance.md of what run.py and http2/run.py have left, and of tests/peers/results.json.

    page.py RESULTS           prints the page
    page.py RESULTS --write   writes it
    page.py RESULTS --check   exit code 1 when it is not what it should be
"""

import argparse
import difflib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "http2"), str(HERE / "http2" / "sections"), str(HERE.parent / "e2e")]

import catalogue
import h2spec
from case import CLOSED, DOES_NOT_APPLY
from differences import DEVIATIONS, DIFFERENCES, HTTP2_VARIES
from table import AREAS

NOT_APPLIED = "does not apply: "
PEERS = HERE.parent / "peers" / "results.json"
PAGE = HERE.parents[1] / "docs" / "conformance.md"
ENGINES = {"lean": "`mote-gateway`", "grpc": "`mote-gateway-grpc`"}
CASES = [case for section in catalogue.SECTIONS for case in section.cases]

HEAD = """# Conformance

<!-- Made by ./dev conformance from a run of tests/conformance; edit the tables there. -->

What a client may expect of mote is written down once, as scenarios in `tests/conformance/table.py`, and tried with both
engines: the lean one, and the one on the official library, here Debian 12's gRPC C++ 1.51.1. What RFC 9113 and RFC 7541
demand of a server is written down as cases in `tests/conformance/http2`, frame by frame. The lean engine has to answer each
as it is demanded; the answers of the library are recorded for comparison.

    $ ./dev conformance                                            # all of it, and this page
    $ cd tests/conformance
    $ ./run.py --server gateway --binary PROGRAM --only deadline    # some scenarios; PROGRAM may be a command of several words
    $ ./http2/run.py --server gateway --binary PROGRAM --only 6.5   # some cases
    $ ./run.py --at HOST:PORT                                       # against a gateway that runs already
"""

SCENARIOS = """
## Scenarios

"yes": the engine does what is expected. "differs": it does what the table of differences says. A difference that is not listed
fails the suite, and so does a listed one that is gone.
"""

DEVIATIONS_HEAD = """
## Deviations from the specifications

Where mote does on purpose something else than a clause says.

"""

DIFFERENCES_HEAD = """
## Differences between the engines

| scenario | engine | what it does instead | what decides |
|---|---|---|---|
"""

H2SPEC_HEAD = """
## h2spec

[h2spec](https://github.com/summerwind/h2spec) is a suite for RFC 7540 and RFC 7541 with 146 cases. For each of them
`tests/conformance/http2/h2spec.py` names the cases here that test the same, and the tests fail when the lean engine does not
answer one as required. h2spec itself, version 2.6, was built from its sources and run against both engines with their
default settings.

"""

H2SPEC = """
The two rows differ for the library because h2spec accepts every connection that is closed, also where the clause demands GOAWAY
with an error code, and every answer to GET /. It skips what needs an answer with content.

Where RFC 7540 and RFC 9113 differ, the lean engine does what both allow:

- A stream that depends on itself is a stream error (RFC 7540 5.3.1; RFC 9113 5.3.2 ignores priority). An idle stream cannot be
  reset, so there the connection ends.
- DATA and HEADERS on a stream that the client has reset are a stream error STREAM_CLOSED (RFC 7540 5.1; RFC 9113 5.1 also allows a
  connection error). This holds for the last eight resets of a connection; on older streams, HEADERS end the connection.
- DATA on a stream that both sides have ended is a stream error STREAM_CLOSED (RFC 7540 6.1), HEADERS there are a connection error
  STREAM_CLOSED (RFC 7540 5.1).
- WINDOW_UPDATE of 0 is a stream error on closed streams too. Other increments are ignored there: a closed stream has no window.
- A request that is no gRPC call is answered when it ends, so that errors in all of it are found, or after message-timeout-ms. Its
  window is 65,535 bytes, and its content is discarded.

Each of these stream errors costs the client a reset of its budget ([limits.md](limits.md), reset-budget).
"""

# What h2spec itself made of the engines: passed, failed, skipped.
H2SPEC_ITSELF = {"lean": "146, 0, 0", "grpc": "92, 50, 4"}

HTTP2_HEAD = """
## HTTP/2 and HPACK

Cases that are answered as the clause demands, by section:

"""

PEERS_HEAD = """
## Real peers

Real clients and servers, each with its default settings, directly and through proxies. `./dev peers` runs them all and writes
`tests/peers/results.json`, of which this section is made; each program says its version itself. Debian 12 has the packages, npm has
@grpc/grpc-js. CI repeats the part whose packages are small. A cell says how many behaviours passed, of those that apply.
"""

CASES_HEAD = """
## HTTP/2 and HPACK, case by case

"yes": answered as required; otherwise what the engine answered. "closed" is the end of the connection without GOAWAY,
"nothing" that the connection goes on as if nothing had happened.
"""


def results_in(folder, engines):
    """How each scenario ended and what was answered to each case, by engine."""
    scenarios = {engine: {} for engine in engines}
    cases = {engine: {} for engine in engines}
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text())
        if told["engine"] in engines:
            scenarios[told["engine"]] |= told.get("scenarios", {})
            cases[told["engine"]] |= told.get("http2", {})
    names = [scenario.name for area in AREAS for scenario in area.scenarios]
    for engine in engines:
        missing = {*names} - {*scenarios[engine]} | {case.name for case in CASES} - {*cases[engine]}
        if missing:
            raise SystemExit(f"page.py: {folder} has no result of {engine} for {', '.join(sorted(missing)[:5])} ...")
    return scenarios, cases


def row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def head(*cells):
    return row(*cells) + "|" + "---|" * len(cells) + "\n"


def as_required(case, outcome):
    return outcome in (*case.expect, DOES_NOT_APPLY)


def scenario_cell(result):
    return {"holds": "yes"}.get(result, result)


def case_cell(case, engine, outcome):
    if case.name in HTTP2_VARIES.get(engine, ()):
        return "varies"
    return "yes" if as_required(case, outcome) else outcome


def counted(cases, engine, answers):
    return f"{sum(case_cell(case, engine, answers[case.name]) == 'yes' for case in cases)} of {len(cases)}"


def ended_in_silence(engine, answers):
    wanted = [case for case in CASES if CLOSED not in case.expect and any("GOAWAY" in each for each in case.expect)]
    return sum(case_cell(case, engine, answers[case.name]) == CLOSED for case in wanted)


def peers_tables(says, runs):
    """Who was tried with whom, in which version, with which result."""

    def version(name):
        return next(run["versions"][name] for run in runs if name in run["versions"])

    def cell(chosen):
        results = [result for run in chosen for result in run["results"].values() if not result.startswith(NOT_APPLIED)]
        return f"{results.count('passed')} of {len(results)}" if results else "not tried"

    def named(name):
        return f"{name} {version(name)}" if name else "directly"

    def matrix(runs, peer, title):
        ways = [None, *sorted({run["through"] for run in runs if run["through"]})]
        yield head(title, *(f"through {named(way)}" if way else "directly" for way in ways))
        for name in sorted({run[peer] for run in runs}, key=str.lower):
            by_way = [[run for run in runs if run[peer] == name and run["through"] == way] for way in ways]
            yield row(named(name), *map(cell, by_way))

    from_clients = [run for run in runs if run["client"] != "mote-device"]
    devices = [run for run in runs if run["client"] == "mote-device"]
    yield PEERS_HEAD
    for server in sorted({run["server"] for run in from_clients}):
        yield f"\n### Clients of `{server}`\n\n"
        yield from matrix([run for run in from_clients if run["server"] == server], "client", "client")
    yield "\n### Servers of `mote-device`\n\n"
    yield from matrix(devices, "server", "server")

    yield "\n### What is tried\n\n" + head("behaviour", "of clients", "of `mote-device`")
    for name in says["clients"] | says["mote-device"]:
        yield row(f"`{name}`", says["clients"].get(name, ""), says["mote-device"].get(name, ""))

    yield "\n### What does not apply\n\n" + head("behaviour", "server", "clients", "why")
    left_out = {}
    for run in runs:
        server = run["server"] + (f", through {run['through']}" if run["through"] else "")
        for name, result in run["results"].items():
            if result.startswith(NOT_APPLIED):
                left_out.setdefault((name, server, result.removeprefix(NOT_APPLIED)), []).append(run["client"])
    for (name, server, why), clients in left_out.items():
        yield row(f"`{name}`", server, ", ".join(clients), why)


def page(engines, scenarios, cases):
    yield HEAD
    yield "\n## At a glance\n\n" + head("", *(f"{engine}, {ENGINES[engine]}" for engine in engines))
    held = [sum(result == "holds" for result in scenarios[engine].values()) for engine in engines]
    count = sum(len(area.scenarios) for area in AREAS)
    yield row("scenarios that hold", *(f"{each} of {count}" for each in held))
    yield row("cases of HTTP/2 answered as required", *(counted(CASES, engine, cases[engine]) for engine in engines))
    yield row(
        "connection ended as required, but without GOAWAY", *(ended_in_silence(engine, cases[engine]) for engine in engines)
    )

    yield H2SPEC_HEAD + head("", *engines)
    total = len(h2spec.CASES)
    found = [total - len(h2spec.failed(CASES, cases[engine])) for engine in engines]
    yield row("cases of h2spec whose equals here are answered as required", *(f"{each} of {total}" for each in found))
    yield row("h2spec itself: passed, failed, skipped", *(H2SPEC_ITSELF[engine] for engine in engines))
    yield H2SPEC
    yield HTTP2_HEAD + head("section", *engines)
    for section in catalogue.SECTIONS:
        yield row(section.title, *(counted(section.cases, engine, cases[engine]) for engine in engines))

    yield DEVIATIONS_HEAD + head("clause", "what mote does", "reason")
    for deviation in DEVIATIONS:
        yield row(deviation.clause, deviation.what, deviation.reason)

    yield DIFFERENCES_HEAD
    for engine in engines:
        for name, difference in DIFFERENCES.get(engine, {}).items():
            yield row(f"`{name}`", engine, difference.what, difference.decides)

    yield from peers_tables(**json.loads(PEERS.read_text()))

    yield SCENARIOS
    for area in AREAS:
        yield f"\n### {area.title}\n\n" + head("scenario", "expected", "decided by", "driver", *engines)
        for each in area.scenarios:
            told = [scenario_cell(scenarios[engine][each.name]) for engine in engines]
            yield row(f"`{each.name}`", each.expectation, each.clause, each.driver, *told)

    yield CASES_HEAD
    for section in catalogue.SECTIONS:
        yield f"\n### {section.title}\n\n" + head("case", "requirement", "required answer", *engines)
        for case in section.cases:
            told = [case_cell(case, engine, cases[engine][case.name]) for engine in engines]
            yield row(f"`{case.name}`", case.requirement, " or ".join(case.expect), *told)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text = "".join(page(arguments.engines, *results_in(arguments.results, arguments.engines)))
    if arguments.write:
        PAGE.write_text(text)
    elif arguments.check:
        old = PAGE.read_text() if PAGE.exists() else ""
        changes = list(
            difflib.unified_diff(old.splitlines(), text.splitlines(), "docs/conformance.md", "this run", n=0)
        )
        print(*changes, sep="\n")
        sys.exit("docs/conformance.md is out of date: ./dev conformance" if changes else 0)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
