"""Where an engine may answer otherwise than the table of scenarios says, or than a clause of HTTP/2 demands.

All of it stands here: a difference that is not listed fails the suite, and so does a listed one that is gone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    what: str  # the engine does instead
    decides: str  # the clause that allows it, or that it breaks
    seen: str  # a regular expression that is found in the failure of the scenario
    at_times: bool = False  # depends on what comes first, so that the scenario may hold as well


@dataclass(frozen=True)
class Deviation:
    outcome: str  # what the engine answers
    reason: str


# By engine and scenario.
DIFFERENCES = {}

# By engine and case.
HTTP2_DEVIATIONS = {
    "lean": {
        "rfc9113-4.3.1-table-update-missing": Deviation(
            "answered",
            "Clients whose encoder uses no table send no update; such a block can be read whatever the size is. A block "
            "that names an entry beyond the lowered table ends the connection.",
        ),
    },
}
