// A section of the table of limits (limit_table.cpp). Budgets for what costs a peer little: resets, frames without progress, and work in one turn.
#pragma once

#include "engine/limit_row.h"

namespace mote::engine {

inline constexpr std::array<LimitSource, 9> kFloodLimits = {{
    {.id = LimitId::ResetBudget,
     .name = "reset-budget",
     .unit = Unit::Count,
     .min = 10,
     .max = 100'000,
     .bounds = "Resets that one connection may spend: its own (see early-reset-ms), those that it provokes, and calls "
               "that are "
               "refused for a malformed or too large header section or message. A successful stream refunds one.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"too many resets\".",
     .counter = "reset_budgets_spent",
     .reloadable = true,
     .field = &Limits::reset_budget},
    {.id = LimitId::ResetRefill,
     .name = "reset-refill",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 100'000,
     .bounds = "Resets refunded to one connection per second, up to reset-budget.",
     .answer = "As reset-budget.",
     .counter = "reset_budgets_spent",
     .reloadable = true,
     .field = &Limits::reset_refill},
    {.id = LimitId::EarlyReset,
     .name = "early-reset-ms",
     .unit = Unit::Milliseconds,
     .min = 1,
     .max = kDayMs,
     .bounds =
         "Age of a call below which a reset by its peer spends reset-budget. Free at any age: a reset after the "
         "reply has begun, or after half of grpc-timeout. The age counts from the read of the call's HEADERS: if "
         "a link delays HEADERS until RST_STREAM arrives, the call looks new and its reset spends the budget; raise "
         "reset-refill then.",
     .answer = "As reset-budget.",
     .counter = "early_resets",
     .reloadable = true,
     .field = &Limits::early_reset},
    {.id = LimitId::FreeRefusals,
     .name = "free-refusals",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 100'000,
     .bounds = "Calls of one connection that may be refused for lack of calls or memory before such a refusal spends "
               "reset-budget.",
     .answer = "As reset-budget.",
     .counter = "refusals_charged",
     .reloadable = true,
     .field = &Limits::free_refusals},
    {.id = LimitId::IdleFrameBudget,
     .name = "idle-frame-budget",
     .unit = Unit::Count,
     .min = 10,
     .max = 1'000'000,
     .bounds =
         "Frames without progress that one connection may spend: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty "
         "DATA, unknown types. Free: answers to frames of the gateway, and frames in flight when it ended a call.",
     .answer = "GOAWAY ENHANCE_YOUR_CALM \"too many frames without progress\".",
     .counter = "idle_frame_budgets_spent",
     .reloadable = true,
     .field = &Limits::idle_frame_budget},
    {.id = LimitId::IdleFrameRefill,
     .name = "idle-frame-refill",
     .unit = Unit::PerSecond,
     .min = 0,
     .max = 1'000'000,
     .bounds = "Frames without progress refunded to one connection per second, up to idle-frame-budget.",
     .answer = "As idle-frame-budget.",
     .counter = "idle_frame_budgets_spent",
     .reloadable = true,
     .field = &Limits::idle_frame_refill},
    {.id = LimitId::TurnBytes,
     .name = "turn-bytes",
     .unit = Unit::Bytes,
     .min = kKiB,
     .max = kMiB,
     .bounds =
         "Work of one connection before the others get their turn: bytes that it reads, without the rest of a DATA "
         "frame, and bytes of header fields that it decodes and of metadata of its replies. With 17 KiB a DATA frame "
         "of 16 KiB is read at once.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_bytes_spent",
     .reloadable = true,
     .routine = true,
     .field = &Limits::turn_bytes},
    {.id = LimitId::TurnFields,
     .name = "turn-fields",
     .unit = Unit::Count,
     .min = 64,
     .max = 65536,
     .bounds = "Header fields that one connection decodes before the others get their turn.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_fields_spent",
     .reloadable = true,
     .routine = true,
     .field = &Limits::turn_fields},
    {.id = LimitId::TurnFrames,
     .name = "turn-frames",
     .unit = Unit::Count,
     .min = 16,
     .max = 65536,
     .bounds =
         "Frames of one connection that are handled before the others get their turn; four times as many frames of "
         "DATA are sent.",
     .answer = "Nothing: the rest is handled in the next turn.",
     .counter = "turn_frames_spent",
     .reloadable = true,
     .routine = true,
     .field = &Limits::turn_frames},
}};

}  // namespace mote::engine
