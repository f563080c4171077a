"""Maps the 146 cases of h2spec 2.6, a suite for RFC 7540 and RFC 7541, to our cases.

One line for each case of h2spec, by its sections and in its order. The names are those of our cases without "rfc". h2spec
sends requests for / that are not gRPC calls. Where that matters, a line names two cases: one with such a request, and one
with a gRPC call.
"""

_SECTIONS = {
    "generic/1": (
        "9113-3.4-server-preface",
    ),
    "generic/2": (
        "9113-5.1-idle-priority",
        "9113-6.9.1-window-of-a-stream",
        "9113-5.1-half-closed-priority",
        "9113-5.1-half-closed-rst-stream",
        "9113-5.1-closed-priority",
    ),
    "generic/3.1": (
        "9113-8.1-without-a-call-post 9113-8.1-response",
        "9113-8.1-without-a-call-post-in-frames 9113-6.1-frames-of-one-byte",
        "9113-6.1-padding",
    ),
    "generic/3.2": (
        "9113-8.1-without-a-call-get 9113-6.2-end-stream",
        "9113-6.2-padding",
        "9113-6.2-priority-fields",
    ),
    "generic/3.3": (
        "9113-6.3-lowest-weight",
        "9113-6.3-highest-weight",
        "9113-6.3-dependency",
        "9113-6.3-exclusive",
        "9113-6.3-higher-stream",
    ),
    "generic/3.4": (
        "9113-5.4.2-no-reset-for-a-reset",
    ),
    "generic/3.5": (
        "9113-6.5-every-setting",
    ),
    "generic/3.7": (
        "9113-6.7-same-payload",
    ),
    "generic/3.8": (
        "9113-6.8-without-a-call",
    ),
    "generic/3.9": (
        "9113-6.9-increment-of-1",
        "9113-6.9-increment-of-1",
    ),
    "generic/3.10": (
        "9113-6.10-one",
        "9113-6.10-several",
    ),
    "generic/4": (
        "9113-8.1-without-a-call-get",
        "9113-8.1-without-a-call-head",
        "9113-8.1-without-a-call-post",
        "9113-8.1-without-a-call-post-with-trailers",
    ),
    "generic/5": (
        "7541-2.3.1-every-entry",
        "7541-6.2.1-name-of-the-static-table",
        "7541-6.2.1-indexed-name-huffman",
        "7541-6.2.1-new-name",
        "7541-6.2.1-huffman",
        "7541-6.2.2-indexed-name",
        "7541-6.2.2-indexed-name-huffman",
        "7541-6.2.2-new-name",
        "7541-6.2.2-huffman",
        "7541-6.2.3-indexed-name",
        "7541-6.2.3-indexed-name-huffman",
        "7541-6.2.3-new-name",
        "7541-6.2.3-huffman",
        "7541-4.2-update-to-the-limit",
        "7541-4.2-two-updates-to-4096",
    ),
    "http2/3.5": (
        "9113-3.4-server-preface",
        "9113-3.4-wrong-preface",
    ),
    "http2/4.1": (
        "9113-4.1-unknown-type",
        "9113-4.1-unused-flags-ping",
        "9113-4.1-reserved-bit-ping",
    ),
    "http2/4.2": (
        "9113-4.2-full-frame-without-a-call 9113-4.2-full-frames",
        "9113-4.2-data-too-large",
        "9113-4.2-headers-too-large",
    ),
    "http2/4.3": (
        "9113-4.3-undecodable-block 9113-6.10-block-cut-short",
        "9113-6.2-block-interrupted-by-priority",
        "9113-6.2-block-interrupted-by-headers-of-another-stream",
    ),
    "http2/5.1": (
        "9113-5.1-idle-data",
        "9113-5.1-idle-rst-stream",
        "9113-5.1-idle-window-update",
        "9113-5.1-idle-continuation",
        "9113-5.1-without-a-call-half-closed-data 9113-5.1-half-closed-data",
        "9113-5.1-half-closed-headers",
        "9113-5.1-half-closed-continuation",
        "9113-5.1-without-a-call-reset-then-data 9113-5.1-reset-then-data",
        "9113-5.1-without-a-call-reset-then-headers 9113-5.1-reset-then-headers",
        "9113-5.1-reset-then-continuation",
        "9113-5.1-closed-data",
        "9113-5.1-closed-headers",
        "9113-5.1-closed-continuation",
    ),
    "http2/5.1.1": (
        "9113-5.1.1-even-stream",
        "9113-5.1.1-lower-stream",
    ),
    "http2/5.1.2": (
        "9113-5.1.2-one-too-many",
    ),
    "http2/5.3.1": (
        "9113-6.2-without-a-call-depends-on-itself 9113-5.3.2-headers-that-depend-on-themselves",
        "9113-5.3.2-idle-priority-that-depends-on-itself 9113-5.3.2-priority-that-depends-on-itself",
    ),
    "http2/5.4.1": (
        "9113-5.4.1-closes-after-goaway",
    ),
    "http2/5.5": (
        "9113-4.1-unknown-type",
        "9113-5.5-unknown-frame-in-header-block",
    ),
    "http2/6.1": (
        "9113-6.1-stream-0",
        "9113-5.1-without-a-call-half-closed-data 9113-5.1-half-closed-data",
        "9113-6.1-without-a-call-padding-longer-than-the-frame 9113-6.1-padding-longer-than-the-frame",
    ),
    "http2/6.2": (
        "9113-6.2-block-interrupted-by-priority",
        "9113-6.2-block-interrupted-by-headers-of-another-stream",
        "9113-6.2-stream-0",
        "9113-6.2-padding-longer-than-the-frame",
    ),
    "http2/6.3": (
        "9113-6.3-stream-0",
        "9113-6.3-4-bytes",
    ),
    "http2/6.4": (
        "9113-6.4-stream-0",
        "9113-5.1-idle-rst-stream",
        "9113-6.4-3-bytes",
    ),
    "http2/6.5": (
        "9113-6.5-acknowledgement-with-settings",
        "9113-6.5-on-a-stream",
        "9113-6.5-5-bytes",
    ),
    "http2/6.5.2": (
        "9113-6.5.2-enable-push-2",
        "9113-6.5.2-initial-window-size-2147483648",
        "9113-6.5.2-max-frame-size-16383",
        "9113-6.5.2-max-frame-size-16777216",
        "9113-5.5-unknown-setting",
    ),
    "http2/6.5.3": (
        "9113-6.9.2-last-of-several-values",
        "9113-6.5.3-each-acknowledged",
    ),
    "http2/6.7": (
        "9113-6.7-same-payload",
        "9113-6.7-acknowledgement",
        "9113-6.7-on-a-stream",
        "9113-6.7-7-bytes",
    ),
    "http2/6.8": (
        "9113-6.8-on-a-stream",
    ),
    "http2/6.9": (
        "9113-6.9-0-of-the-connection",
        "9113-6.9-without-a-call-window-update-of-0 9113-6.9-0-of-a-stream",
        "9113-6.9-3-bytes",
    ),
    "http2/6.9.1": (
        "9113-6.9.1-window-of-a-stream",
        "9113-6.9.1-connection-past-2-31 9113-6.9.1-connection-past-2-31-in-two",
        "9113-6.9.1-without-a-call-window-past-2-31 9113-6.9.1-stream-past-2-31-in-two",
    ),
    "http2/6.9.2": (
        "9113-6.9.2-opened-by-the-difference",
        "9113-6.9.2-below-zero",
        "9113-6.5.2-initial-window-size-2147483648",
    ),
    "http2/6.10": (
        "9113-6.10-long-fields 9113-6.10-several",
        "9113-6.10-interrupted",
        "9113-6.10-stream-0",
        "9113-6.10-behind-the-end",
        "9113-6.10-behind-continuation-that-ended",
        "9113-6.2-block-interrupted-by-data 9113-6.10-behind-data",
    ),
    "http2/7": (
        "9113-7-unknown-code-in-goaway",
        "9113-7-unknown-code-in-rst-stream",
    ),
    "http2/8.1": (
        "9113-8.1-without-a-call-second-head 9113-8.1-trailers-without-end",
    ),
    "http2/8.1.2": (
        "9113-8.2.1-upper-case-name",
    ),
    "http2/8.1.2.1": (
        "9113-8.3-unknown",
        "9113-8.3-of-responses",
        "9113-8.3-without-a-call-pseudo-header-in-trailers 9113-8.3-in-trailers",
        "9113-8.3-behind-regular-fields",
    ),
    "http2/8.1.2.2": (
        "9113-8.2.2-connection",
        "9113-8.2.2-te-other-than-trailers",
    ),
    "http2/8.1.2.3": (
        "9113-8.3.1-empty-path",
        "9113-8.3.1-no-method",
        "9113-8.3.1-no-scheme",
        "9113-8.3.1-no-path",
        "9113-8.3-method-twice",
        "9113-8.3-scheme-twice",
        "9113-8.3-path-twice",
    ),
    "http2/8.1.2.6": (
        "9113-8.1.1-without-a-call-more-than-content-length 9113-8.1.1-more-than-content-length",
        "9113-8.1.1-without-a-call-more-than-content-length-in-frames 9113-8.1.1-more-than-content-length-in-frames",
    ),
    "http2/8.2": (
        "9113-6.6-push-promise",
    ),
    "hpack/2.3.3": (
        "7541-2.3.3-beyond-an-empty-table",
        "7541-6.2.1-name-beyond-the-tables",
    ),
    "hpack/4.2": (
        "7541-4.2-update-behind-a-field",
    ),
    "hpack/5.2": (
        "7541-5.2-padding-of-8-bits",
        "7541-5.2-padding-of-zeros",
        "7541-5.2-eos-in-the-middle",
    ),
    "hpack/6.1": (
        "7541-6.1-index-0",
    ),
    "hpack/6.3": (
        "7541-4.2-update-above-the-limit",
    ),
}

# The names of our cases, by section and number of h2spec's: "http2/6.9.1/3".
CASES = {
    f"{section}/{number}": tuple(f"rfc{name}" for name in names.split())
    for section, rows in _SECTIONS.items()
    for number, names in enumerate(rows, 1)
}


def failed(cases, outcomes):
    """The cases of h2spec that were not answered as required: one of our cases for it has an outcome that is not expected.
    A case that does not apply counts as such."""
    holds = {case.name for case in cases if outcomes[case.name] in case.expect}
    return [number for number, names in CASES.items() if not holds.issuperset(names)]
