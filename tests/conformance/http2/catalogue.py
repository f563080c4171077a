"""All cases, section by section."""

import hpack
import s3_preface
import s4_frames
import s5_streams
import s6_data_headers
import s6_flow_control
import s6_settings
import s6_small_frames
import s8_messages
import s8_plain

SECTIONS = tuple(
    module.SECTION
    for module in (
        s3_preface, s4_frames, s5_streams, s6_data_headers, s6_small_frames, s6_settings, s6_flow_control, s8_messages,
        s8_plain, hpack,
    )
)  # fmt: skip
