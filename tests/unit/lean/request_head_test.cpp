#include "engine/lean/request_head.h"

#include <array>

#include "support/cmocka_test.h"

namespace {

using namespace mote;
using namespace mote::lean;
using Verb = RequestHead::Verb;
using Path = RequestHead::Path;
using Timeout = RequestHead::Timeout;

constexpr rpc::Method named(std::string_view path) {
  return {path, rpc::Kind::Unary, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
}

constexpr std::array kMethods = {named("/a.B/C"), named("/a.B/D")};
constexpr std::array<rpc::Service, 1> kServices = {rpc::Service{"a.B", kMethods}};
constexpr rpc::ServiceTable kTable(kServices);

// A head that has taken one field.
struct Head : RequestHead {
  Head(std::string_view name, std::string_view value) : kept(take({name, value}, kTable)) {}
  bool kept;
};

void test_verb(void**) {
  assert_true(Head(":method", "POST").verb() == Verb::Post);
  assert_true(Head(":method", "GET").verb() == Verb::Get);
  assert_true(Head(":method", "HEAD").verb() == Verb::Head);
  assert_true(Head(":method", "PUT").verb() == Verb::Other);
  assert_true(Head(":method", "post").verb() == Verb::Other);
  assert_true(RequestHead().verb() == Verb::Other);
  assert_false(Head(":method", "POST").kept);
}

void test_path(void**) {
  const Head head(":path", "/a.B/D");
  assert_true(head.path() == Path::Method);
  assert_ptr_equal(head.method(), &kMethods[1]);
  assert_false(head.kept);
  assert_true(Head(":path", "/").path() == Path::Root);
  assert_false(Head(":path", "/").kept);
  for (const char* unknown : {"/a.B/E", "/a.B/", "/a.B", "/a.B/CC", "a.B/C", "/a.b/C", "/a.B/C/", "*"}) {
    const Head stranger(":path", unknown);
    assert_true(stranger.path() == Path::Unknown);
    assert_null(stranger.method());
    assert_true(stranger.kept);
  }
}

void test_content_type(void**) {
  for (const char* good : {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8",
                           "Application/GRPC ; charset=utf-8"}) {
    assert_true(Head("content-type", good).content_type_valid());
  }
  for (const char* bad :
       {"", "application/grp", "application/grpc-web", "application/grpcx", "application/json", "text"}) {
    assert_false(Head("content-type", bad).content_type_valid());
  }
  assert_false(RequestHead().content_type_valid());
  assert_false(Head("content-type", "application/grpc").kept);
}

void test_te(void**) {
  assert_false(RequestHead().te_trailers());
  assert_true(Head("te", "trailers").te_trailers());
  assert_false(Head("te", "trailers").kept);
}

void test_timeout(void**) {
  assert_true(RequestHead().timeout() == Timeout::None);
  const Head given("grpc-timeout", "250m");
  assert_true(given.timeout() == Timeout::Given);
  assert_int_equal(given.timeout_us(), 250'000);
  assert_false(given.kept);
  assert_true(Head("grpc-timeout", "0S").timeout() == Timeout::Given);
  assert_int_equal(Head("grpc-timeout", "0S").timeout_us(), 0);
  for (const char* bad : {"", "5", "S", "123456789S", "-1S", "1s ", "1x"}) {
    assert_true(Head("grpc-timeout", bad).timeout() == Timeout::Malformed);
  }
}

void test_encoding(void**) {
  using Encoding = RequestHead::Encoding;
  assert_true(RequestHead().encoding() == Encoding::Identity);
  assert_true(Head("grpc-encoding", "identity").encoding() == Encoding::Identity);
  assert_true(Head("grpc-encoding", "gzip").encoding() == Encoding::Gzip);
  for (const char* other : {"deflate", "GZIP", "gzip,identity", ""})
    assert_true(Head("grpc-encoding", other).encoding() == Encoding::Other);
  assert_false(Head("grpc-encoding", "gzip").kept);
}

#ifdef MOTE_GZIP
void test_accepted_encodings(void**) {
  const auto compresses = [](std::string_view list, bool allowed) {
    RequestHead head;
    if (allowed) head.allow_compression();
    assert_false(head.take({"grpc-accept-encoding", list}, kTable));
    return head.compresses();
  };
  for (const char* list : {"gzip", "identity,gzip", "gzip,deflate", "identity, deflate, gzip", " gzip ,", ",gzip"}) {
    assert_true(compresses(list, true));
    assert_false(compresses(list, false));
  }
  for (const char* list : {"", "identity", "gzipx", "x-gzip", "gzi,p", ",", "deflate,"})
    assert_false(compresses(list, true));
}
#endif

void test_only_custom_metadata_is_kept(void**) {
  for (const char* custom : {"x-echo-a", "authorization", "trace-bin", "grpcx", "user-agents"}) {
    assert_true(Head(custom, "v").kept);
  }
  for (const char* own :
       {"user-agent", "grpc-accept-encoding", "grpc-trace-bin", ":scheme", ":authority", "host", "content-length"}) {
    assert_false(Head(own, "v").kept);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_verb),
      cmocka_unit_test(test_path),
      cmocka_unit_test(test_content_type),
      cmocka_unit_test(test_te),
      cmocka_unit_test(test_timeout),
      cmocka_unit_test(test_encoding),
#ifdef MOTE_GZIP
      cmocka_unit_test(test_accepted_encodings),
#endif
      cmocka_unit_test(test_only_custom_metadata_is_kept),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
