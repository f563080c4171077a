// What metrics and the numbers of the status page say about an engine in a known state.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/clock.h"
#include "engine/lean/engine.h"
#include "engine/lean/monitor/metrics.h"
#include "engine/lean/monitor/stats.h"
#include "support/cmocka_test.h"
#include "support/lean_loop.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::lean;
using namespace std::chrono_literals;
using engine::LimitId;
using Kind = AddressKey::Kind;

// An engine that nobody has called, and a view of it.
struct Shown {
  explicit Shown(const engine::Limits& limits = test::limits()) : loop(limits) {}

  // The whole text, made in pieces of at most `room` bytes.
  std::string text(Document document, std::size_t room = kMostItemBytes) {
    std::string all;
    Cursor cursor;
    for (bool more = true; more;) {
      std::vector<std::uint8_t> buffer(room);
      ByteWriter out(buffer);
      more = document(view, cursor, out);
      assert_false(out.overflowed());
      all += as_text(out.written());
    }
    return all;
  }
  // The line or the part of it behind `begin`, up to `end`.
  std::string behind(Document document, std::string_view begin, std::string_view end = "\n") {
    const std::string all = text(document);
    const std::size_t at = all.find(begin);
    if (at == std::string::npos) return "none";
    return all.substr(at + begin.size(), all.find(end, at + begin.size()) - at - begin.size());
  }
  // A value of metrics.
  std::string value(std::string_view name) { return behind(write_metrics, "\n" + std::string(name) + " "); }
  std::string peers() { return behind(write_stats, "\"peers\":[", "]}\n"); }

  test::LeanLoop loop;
  std::array<MethodMetrics, 3> rows;
  CallMetrics calls{loop.core().server.services, rows};
  std::array<Refusal, kRecentRefusals> places;
  RecentRefusals refusals{places};
  LoopFigures figures;
  engine::EngineSizes sizes;
  MonitorView view{.core = loop.core(),
                   .loop = figures,
                   .calls = calls,
                   .refusals = refusals,
                   .program = "test",
                   .version = "1.2",
                   .memory_budget = 77,
                   .sizes = sizes,
                   .started = loop.core().now,
                   .statm = -1,
                   .web = false,
#ifdef MOTE_TLS
                   .tls = nullptr,
                   .handshakes = nullptr
#endif
  };
};

// Without what changes while the test runs.
std::string steady(std::string text) {
  for (const std::string_view begin : {"\"cpu_s\":", "process_cpu_seconds_total ", "process_start_time_seconds "}) {
    const std::size_t at = text.rfind(begin);
    if (at != std::string::npos) text.erase(at, text.find_first_of(",\n", at) - at);
  }
  return text;
}

void test_the_size_of_the_pieces_changes_nothing(void**) {
  Shown shown;
  for (const std::uint32_t user : {1U, 2U, 3U})
    shown.loop.core().addresses.row({.value = user, .kind = Kind::User}).connection_count = 1;
  for (const Document document : {write_metrics, write_stats}) {
    const std::string whole = steady(shown.text(document, 1 << 20U));
    for (const std::size_t room : {kMostItemBytes, kMostItemBytes + 1, 2 * kMostItemBytes, 3 * kMostItemBytes})
      assert_string_equal(steady(shown.text(document, room)).c_str(), whole.c_str());
  }
  shown.loop.finish();
}

// A piece has many items, and not more than a turn may take.
void test_a_piece_has_many_items(void**) {
  Shown shown;
  for (const Document document : {write_metrics, write_stats}) {
    std::vector<std::uint8_t> buffer(1 << 20U);
    int pieces = 1;
    Cursor cursor;
    for (ByteWriter out(buffer); document(shown.view, cursor, out); ++pieces) {
    }
    assert_in_range(pieces, 1, 20);
  }
  shown.loop.finish();
}

// --- stats.json ---

void test_facts(void**) {
  Shown shown;
  shown.figures = {.opened = 7, .longest_turn = Time(8)};
  shown.loop.core().bytes_received = 5;
  shown.loop.core().bytes_sent = 6;
  shown.loop.set_now(shown.loop.core().now + 90s + 500us);
  const std::string begin = R"({"program":"test","version":"1.2","uptime_s":90.000500,"draining":false,"web":false,)"
                            R"("memory":{"resident":0,"worst_case":)" +
                            std::to_string(engine::worst_case_bytes(shown.loop.core().limits, shown.sizes)) +
                            R"(,"budget":77},"cpu_s":)";
  const std::string text = shown.text(write_stats);
  assert_string_equal(text.substr(0, begin.size()).c_str(), begin.c_str());
  assert_string_equal(shown.behind(write_stats, "\"received_bytes\":", ",\"pools\"").c_str(),
                      R"(5,"sent_bytes":6,"opened":7,"longest_turn_us":8,"bounds_us":[100,250,1000,2500,10000,25000,)"
                      R"(100000,250000,1000000,2500000,10000000],"certificate_expires":null)");
  shown.view.web = true;
  shown.loop.core().server.shutting_down = true;
  assert_string_equal(shown.behind(write_stats, "\"draining\":", ",\"memory").c_str(), "true,\"web\":true");
  shown.loop.finish();
}

#ifdef MOTE_TLS
// No certificate is loaded: it expires at the begin of the library's calendar.
void test_the_expiry_of_the_certificate(void**) {
  tls::ServerContext context;
  const std::uint32_t percent = 50;
  const TlsShared shared{.context = &context,
                         .buffers = {},
                         .arrived = {},
                         .opened = {},
                         .sealed = {},
                         .places = HandshakePlaces(1),
                         .share = HandshakeShare(percent)};
  Shown shown;
  shown.view.tls = &shared;
  const std::string expiry = std::to_string(context.expires_at());
  assert_string_equal(shown.behind(write_stats, "\"certificate_expires\":", ",").c_str(), expiry.c_str());
  assert_string_equal(shown.value("mote_tls_certificate_expiry_timestamp_seconds").c_str(), expiry.c_str());
  shown.loop.finish();
}
#endif

void test_pools(void**) {
  Shown shown;
  const engine::Limits& limits = shown.loop.core().limits;
  shown.figures.connections = 2;
  shown.view.http_connections = 1;
  Block* const block = shown.loop.core().blocks.take_small();
  const auto entry = [](std::string_view name, std::size_t used, std::size_t capacity) {
    return "{\"name\":\"" + std::string(name) + "\",\"used\":" + std::to_string(used) +
           ",\"capacity\":" + std::to_string(capacity) + "}";
  };
  const std::string expected =
      entry("connections", 2, limits.max_connections + limits.reserved_connections) + "," +
      entry("streams", 0, limits.max_streams) + "," + entry("reserved-streams", 0, limits.reserved_streams) + "," +
      entry("blocks", 1, shown.loop.core().addresses.blocks().total) + "," +
      entry("addresses", 0, limits.max_addresses) + "," + entry("large-sockets", 0, limits.large_sockets) + "," +
      entry("large-windows", 0, limits.large_windows) + "," + entry("closing-sockets", 0, engine::kClosingSockets) +
      "," + entry("http-connections", 1, limits.http_connections);
  assert_string_equal(shown.behind(write_stats, "\"pools\":[", "]").c_str(), expected.c_str());
  shown.loop.core().blocks.release(*block);
  shown.loop.finish();
}

// Those of reserved streams are not counted twice.
void test_reserved_calls(void**) {
  Shown shown;
  const auto client = shown.loop.connect_ready();
  client->send(test::FrameScript().headers(1, test::request()));
  shown.loop.settle();
  assert_int_equal(shown.loop.core().calls.open_count(), 1);
  assert_string_equal(shown.value("mote_pool_used{pool=\"streams\"}").c_str(), "1");
  assert_string_equal(shown.value("mote_pool_used{pool=\"reserved-streams\"}").c_str(), "0");
  shown.loop.core().reserved_calls = 1;
  assert_string_equal(shown.value("mote_pool_used{pool=\"streams\"}").c_str(), "0");
  assert_string_equal(shown.value("mote_pool_used{pool=\"reserved-streams\"}").c_str(), "1");
  shown.loop.core().reserved_calls = 0;
  shown.loop.finish();
}

void test_methods(void**) {
  Shown shown;
  const rpc::Method* method = shown.rows[0].method;
  shown.calls.note_start(method);
  shown.calls.note_start(method);
  shown.calls.note_end(method, rpc::StatusCode::Ok, Time(0), Time(100));
  shown.calls.note_end(method, rpc::StatusCode::Ok, Time(0), Time(250));
  shown.calls.note_end(method, rpc::StatusCode::NotFound, Time(0), Time(251));
  const std::string name(method->path.substr(std::string_view("/echo.Echo/").size()));
  const std::string expected =
      name + R"(","started":2,"codes":{"OK":2,"NOT_FOUND":1},"within":[1,1,1,0,0,0,0,0,0,0,0,0],"total_us":601)";
  assert_string_equal(shown.behind(write_stats, R"([{"service":"echo.Echo","method":")", "}").c_str(),
                      expected.substr(0, expected.find('}')).c_str());
  assert_string_equal(shown.behind(write_stats, "\"NOT_FOUND\":1}", "}").c_str(),
                      expected.substr(expected.find('}') + 1).c_str());
  assert_string_equal(shown.behind(write_stats, R"({"service":"other","method":"other","started":)", ",").c_str(), "0");
  shown.loop.finish();
}

// Those that are routine are no limits to worry about.
void test_limits_and_refusals(void**) {
  Shown shown;
  for (int i = 0; i < 3; ++i)
    shown.loop.core().counters.add(LimitId::MaxStreams);
  shown.loop.core().counters.add(LimitId::TurnFrames);
  assert_true(engine::limit_row(LimitId::TurnFrames).routine);
  assert_string_equal(shown.behind(write_stats, "\"limits\":[", "]").c_str(), R"({"name":"max-streams","count":3})");
  assert_string_equal(shown.behind(write_stats, "\"refusals\":[", "]").c_str(), "");
  const Time now = shown.loop.core().now;
  shown.refusals.note("max-streams", now)->peer.add("a:1");
  assert_null(shown.refusals.note("max-streams", now));
  shown.refusals.note("early-reset", now + 1s)->peer.add("b:2");
  shown.loop.set_now(now + 3s);
  assert_string_equal(shown.behind(write_stats, "\"refusals\":[", "]").c_str(),
                      R"({"name":"early-reset","peer":"b:2","count":1,"ago_s":2.000000},)"
                      R"({"name":"max-streams","peer":"a:1","count":2,"ago_s":3.000000})");
  shown.loop.finish();
}

void test_addresses(void**) {
  Shown shown(test::limits([](engine::Limits& chosen) { chosen.max_addresses = 5; }));
  AddressTable& table = shown.loop.core().addresses;
  AddressRow& known = table.row({.value = 0xc0000201, .kind = Kind::Ipv4});
  known.connection_count = 2;
  known.calls = 3;
  known.reserved_calls = 1;
  known.blocks = 9;
  for (const AddressKey key : {AddressKey{.value = 0x20010db800010002, .kind = Kind::Ipv6},
                               AddressKey{.value = 7, .kind = Kind::User}, AddressKey{.value = 0, .kind = Kind::None}})
    table.row(key).connection_count = 1;
  table.row({.value = 8, .kind = Kind::User}).connection_count = 0;
  table.row({.value = 9, .kind = Kind::User}).connection_count = 4;  // The table is full.
  table.exempt_row().connection_count = 5;
  const auto entry = [](std::string_view address, std::string_view numbers) {
    return "{\"address\":\"" + std::string(address) + "\",\"connections\":" + std::string(numbers) + "}";
  };
  constexpr std::string_view kOne = R"(1,"calls":0,"blocks":0)";
  const std::string expected = entry("192.0.2.1", R"(2,"calls":4,"blocks":9)") + "," +
                               entry("[2001:db8:1:2::]/64", kOne) + "," + entry("user 7", kOne) + "," +
                               entry("unknown", kOne) + "," + entry("others", R"(4,"calls":0,"blocks":0)") + "," +
                               entry("trusted proxies", R"(5,"calls":0,"blocks":0)");
  assert_string_equal(shown.peers().c_str(), expected.c_str());
  shown.loop.finish();
}

void test_only_some_addresses_are_shown(void**) {
  Shown shown;
  for (std::uint32_t user = 0; user < kMostPeers + 1; ++user)
    shown.loop.core().addresses.row({.value = user, .kind = Kind::User}).connection_count = 1;
  const std::string peers = shown.peers();
  assert_true(peers.find("\"user 31\"") != std::string::npos);
  assert_true(peers.find("\"user 32\"") == std::string::npos);
  shown.loop.finish();
}

// --- Metrics ---

void test_the_kinds_of_families(void**) {
  Shown shown;
  const std::string text = shown.text(write_metrics);
  const std::string begin =
      "# HELP mote_build_info The program; the value is always 1.\n# TYPE mote_build_info gauge\n"
      "mote_build_info{program=\"test\",version=\"1.2\",tls=\"";
  assert_string_equal(text.substr(0, begin.size()).c_str(), begin.c_str());
  for (const char* line : {"\n# TYPE mote_received_bytes_total counter\nmote_received_bytes_total 0\n",
                           "\n# TYPE grpc_server_handling_seconds histogram\ngrpc_server_handling_seconds_bucket{"})
    assert_true(text.find(line) != std::string::npos);
  // Nobody has read statm.
  assert_true(text.find("process_resident_memory_bytes") == std::string::npos);
  shown.loop.finish();
}

void test_values(void**) {
  Shown shown;
  shown.figures = {.opened = 7, .turns = 9, .longest_turn = Time(1'500'000)};
  shown.loop.core().bytes_received = 5;
  shown.loop.core().bytes_sent = UINT64_MAX;
  shown.loop.core().counters.add(LimitId::MaxStreams);
  shown.view.http_answers[1] = 2;
  shown.loop.set_now(shown.loop.core().now + 90s + 50us);
  for (const auto& [name, value] :
       {std::pair("mote_uptime_seconds", "90.000050"), std::pair("mote_memory_budget_bytes", "77"),
        std::pair("mote_connections_opened_total", "7"), std::pair("mote_received_bytes_total", "5"),
        std::pair("mote_sent_bytes_total", "18446744073709551615"), std::pair("mote_loop_turns_total", "9"),
        std::pair("mote_loop_longest_turn_seconds", "1.500000"),
        std::pair("mote_limit_reached_total{limit=\"max-streams\"}", "1"),
        std::pair("mote_limit_reached_total{limit=\"early-reset-ms\"}", "0"),
        std::pair("mote_http_requests_total{code=\"200\"}", "0"),
        std::pair("mote_http_requests_total{code=\"204\"}", "2"),
        std::pair("mote_http_requests_total{code=\"400\"}", "none"), std::pair("mote_draining", "0"),
        std::pair("mote_pool_used{pool=\"tls-handshakes\"}", "none")})
    assert_string_equal(shown.value(name).c_str(), value);
  shown.loop.core().server.shutting_down = true;
  assert_string_equal(shown.value("mote_draining").c_str(), "1");
  const auto start = std::stoull(shown.value("process_start_time_seconds"));
  assert_in_range(start, engine::wall_clock_us() / 1'000'000 - 200, engine::wall_clock_us() / 1'000'000 - 80);
  shown.loop.finish();
}

void test_counters_begin_at_zero(void**) {
  Shown shown;
  for (const char* name :
       {"mote_connections_opened_total", "mote_received_bytes_total", "mote_sent_bytes_total", "mote_loop_turns_total",
        "mote_limit_reached_total{limit=\"max-streams\"}", "mote_pool_used{pool=\"connections\"}"})
    assert_string_equal(shown.value(name).c_str(), "0");
  assert_string_equal(shown.value("mote_loop_longest_turn_seconds").c_str(), "0.000000");
  shown.loop.finish();
}

void test_pools_in_metrics(void**) {
  Shown shown;
  shown.figures.connections = 2;
  const engine::Limits& limits = shown.loop.core().limits;
  assert_string_equal(shown.value("mote_pool_used{pool=\"connections\"}").c_str(), "2");
  assert_string_equal(shown.value("mote_pool_capacity{pool=\"connections\"}").c_str(),
                      std::to_string(limits.max_connections + limits.reserved_connections).c_str());
  assert_string_equal(shown.value("mote_pool_capacity{pool=\"http-connections\"}").c_str(),
                      std::to_string(limits.http_connections).c_str());
  shown.loop.finish();
}

// All families that have a sample, in their order, each with its kind.
void test_the_families(void**) {
  Shown shown(test::limits([](engine::Limits& chosen) { chosen.gzip = true; }));
  shown.view.statm = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  shown.view.http_answers.fill(1);
  const std::string text = shown.text(write_metrics);
  ::close(shown.view.statm);
  test::Lines families;
  std::map<std::string, std::size_t> samples;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with("# TYPE ")) families.push_back(line.substr(7));
    if (!line.starts_with('#')) ++samples[line.substr(0, line.find_first_of("{ "))];
  }
  test::expect(families, {
                             "mote_build_info gauge",
                             "mote_uptime_seconds gauge",
                             "process_start_time_seconds gauge",
                             "process_cpu_seconds_total counter",
                             "process_resident_memory_bytes gauge",
                             "mote_memory_worst_case_bytes gauge",
                             "mote_memory_budget_bytes gauge",
                             "mote_limit_memory_bytes gauge",
                             "mote_pool_capacity gauge",
                             "mote_pool_used gauge",
                             "mote_connections_opened_total counter",
                             "mote_received_bytes_total counter",
                             "mote_sent_bytes_total counter",
                             "grpc_server_started_total counter",
                             "grpc_server_handled_total counter",
                             "grpc_server_handling_seconds histogram",
                             "mote_loop_turns_total counter",
                             "mote_loop_longest_turn_seconds gauge",
                             "mote_limit_reached_total counter",
                             "mote_log_lines_lost_total counter",
                             "mote_http_requests_total counter",
                             "mote_draining gauge",
#ifdef MOTE_GZIP
                             "mote_gzip_messages_total counter",
                             "mote_gzip_compressed_bytes_total counter",
                             "mote_gzip_plain_bytes_total counter",
#endif
                         });
  // A line for each item of a table.
  assert_int_equal(samples["mote_build_info"], 1);
  assert_int_equal(samples["mote_limit_reached_total"], engine::limit_table().size());
  assert_int_equal(samples["mote_pool_used"], 9);
  assert_int_equal(samples["grpc_server_started_total"], shown.rows.size());
  assert_int_equal(samples["grpc_server_handled_total"], shown.rows.size());
  assert_int_equal(samples["grpc_server_handling_seconds_bucket"], shown.rows.size() * (kLatencyBounds.size() + 1));
  assert_int_equal(samples["grpc_server_handling_seconds_sum"], shown.rows.size());
  assert_int_equal(samples["grpc_server_handling_seconds_count"], shown.rows.size());
  assert_int_equal(samples["mote_http_requests_total"], kHttpStatuses.size());
#ifdef MOTE_GZIP
  assert_int_equal(samples["mote_gzip_messages_total"], 2);
#endif
  shown.loop.finish();
}

// A limit that takes no memory has no line; all lines together are the worst case.
void test_the_memory_of_limits(void**) {
  Shown shown;
  shown.sizes = lean::sizes();
  const engine::Limits& limits = shown.loop.core().limits;
  std::uint64_t all = 0;
  const auto add = [&](std::string_view name, std::uint64_t bytes) {
    const std::string shown_bytes = shown.value("mote_limit_memory_bytes{limit=\"" + std::string(name) + "\"}");
    assert_string_equal(shown_bytes.c_str(), bytes == 0 ? "none" : std::to_string(bytes).c_str());
    all += bytes;
  };
  for (const engine::LimitRow& row : engine::limit_table())
    add(row.name.view(), row.cost_of(limits, shown.sizes).bytes());
  add("fixed", engine::fixed_bytes(limits, shown.sizes));
  assert_string_equal(shown.value("mote_memory_worst_case_bytes").c_str(), std::to_string(all).c_str());
  shown.loop.finish();
}

void test_counts_of_calls(void**) {
  Shown shown;
  const rpc::Method* method = shown.rows[0].method;
  shown.calls.note_start(method);
  shown.calls.note_start(method);
  shown.calls.note_end(method, rpc::StatusCode::NotFound, Time(0), Time(1));
  const std::string name(method->path.substr(std::string_view("/echo.Echo/").size()));
  const std::string labels = ",grpc_service=\"echo.Echo\",grpc_method=\"" + name + "\"";
  assert_string_equal(shown.behind(write_metrics, labels + "} ").c_str(), "2");
  const auto ended = [&](std::string_view code) {
    return shown.behind(write_metrics, labels + ",grpc_code=\"" + std::string(code) + "\"} ");
  };
  assert_string_equal(ended("OK").c_str(), "0");
  assert_string_equal(ended("NOT_FOUND").c_str(), "1");
  assert_string_equal(ended("CANCELLED").c_str(), "none");
  assert_string_equal(ended("UNKNOWN").c_str(), "none");
  shown.loop.finish();
}

#ifdef MOTE_GZIP
void test_compressed_messages(void**) {
  for (const bool on : {false, true}) {
    Shown shown(test::limits([on](engine::Limits& chosen) { chosen.gzip = on; }));
    shown.loop.core().inflated = {.messages = 1, .plain_bytes = 3, .compressed_bytes = 2};
    shown.loop.core().deflated = {.messages = 4, .plain_bytes = 6, .compressed_bytes = 5};
    for (const auto& [name, received, sent] :
         {std::tuple("mote_gzip_messages_total", "1", "4"), std::tuple("mote_gzip_compressed_bytes_total", "2", "5"),
          std::tuple("mote_gzip_plain_bytes_total", "3", "6")}) {
      const auto value = [&shown, family = std::string(name)](std::string_view direction) {
        return shown.value(family + "{direction=\"" + std::string(direction) + "\"}");
      };
      assert_string_equal(value("received").c_str(), on ? received : "none");
      assert_string_equal(value("sent").c_str(), on ? sent : "none");
    }
    shown.loop.finish();
  }
}
#endif

// The second number of /proc/self/statm.
void test_resident_memory(void**) {
  Shown shown;
  // Also if it is the first descriptor of the program.
  const int input = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  shown.view.statm = ::memfd_create("statm", MFD_CLOEXEC);
  assert_int_equal(shown.view.statm, 0);
  assert_string_equal(shown.value("process_resident_memory_bytes").c_str(), "none");
  constexpr std::string_view kStatm = "1000 25 3 1 0 1 0\n";
  assert_int_equal(::write(shown.view.statm, kStatm.data(), kStatm.size()), kStatm.size());
  const std::string bytes = std::to_string(25 * ::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < 2; ++i)
    assert_string_equal(shown.value("process_resident_memory_bytes").c_str(), bytes.c_str());
  assert_string_equal(shown.behind(write_stats, "\"resident\":", ",").c_str(), bytes.c_str());
  assert_int_equal(::ftruncate(shown.view.statm, 5), 0);  // The first number alone.
  assert_string_equal(shown.value("process_resident_memory_bytes").c_str(), "none");
  ::dup2(input, STDIN_FILENO);
  ::close(input);
  // A file that has no begin.
  std::array<int, 2> ends{};
  assert_int_equal(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  assert_int_equal(::write(ends[1], kStatm.data(), kStatm.size()), kStatm.size());
  shown.view.statm = ends[0];
  assert_string_equal(shown.value("process_resident_memory_bytes").c_str(), "none");
  ::close(ends[0]);
  ::close(ends[1]);
  shown.loop.finish();
}

void test_the_time_of_the_processor(void**) {
  for (int i = 0; i < 100; ++i) {
    static_assert(CLOCKS_PER_SEC == 1'000'000);
    const std::clock_t before = std::clock();
    const Time shown = cpu_time();
    assert_in_range(shown.count(), before, std::clock());
  }
}

void test_times_of_calls(void**) {
  Shown shown;
  const rpc::Method* method = shown.rows[0].method;
  for (const Time took : {100us, 101us, 250us, 3'000'000us, 20'000'000us})
    shown.calls.note_end(method, rpc::StatusCode::Ok, Time(0), took);
  const std::string name(method->path.substr(std::string_view("/echo.Echo/").size()));
  const std::string labels = ",grpc_service=\"echo.Echo\",grpc_method=\"" + name + "\"";
  const auto line = [&](std::string_view suffix, std::string_view more) {
    return shown.behind(write_metrics, labels + std::string(more) + "} ",
                        std::string("\n") + "grpc_server_handling_seconds" + std::string(suffix));
  };
  assert_string_equal(line("_bucket", ",le=\"0.0001\"").c_str(), "1");
  assert_string_equal(line("_bucket", ",le=\"0.00025\"").c_str(), "3");
  assert_string_equal(line("_bucket", ",le=\"2.5\"").c_str(), "3");
  assert_string_equal(line("_bucket", ",le=\"10\"").c_str(), "4");
  assert_string_equal(line("_sum", ",le=\"+Inf\"").c_str(), "5");
  const std::string all = shown.text(write_metrics);
  const std::string sum = "grpc_server_handling_seconds_sum{grpc_type=\"";
  const std::size_t at = all.find(labels + "} ", all.find(sum));
  assert_string_equal(all.substr(at + labels.size() + 2, 9).c_str(), "23.000451");
  shown.loop.finish();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_the_size_of_the_pieces_changes_nothing),
      cmocka_unit_test(test_a_piece_has_many_items),
      cmocka_unit_test(test_facts),
#ifdef MOTE_TLS
      cmocka_unit_test(test_the_expiry_of_the_certificate),
#endif
      cmocka_unit_test(test_pools),
      cmocka_unit_test(test_reserved_calls),
      cmocka_unit_test(test_methods),
      cmocka_unit_test(test_limits_and_refusals),
      cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_only_some_addresses_are_shown),
      cmocka_unit_test(test_the_kinds_of_families),
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_counters_begin_at_zero),
      cmocka_unit_test(test_pools_in_metrics),
      cmocka_unit_test(test_the_families),
      cmocka_unit_test(test_the_memory_of_limits),
      cmocka_unit_test(test_counts_of_calls),
#ifdef MOTE_GZIP
      cmocka_unit_test(test_compressed_messages),
#endif
      cmocka_unit_test(test_resident_memory),
      cmocka_unit_test(test_the_time_of_the_processor),
      cmocka_unit_test(test_times_of_calls),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
