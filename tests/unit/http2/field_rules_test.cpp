#include "http2/field_rules.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

using namespace mote::hpack;
using namespace mote::http2;

namespace {

using Fields = std::vector<HeaderField>;

const Fields kRequest = {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo.Echo/Reply"}};

FieldRules checked(SectionKind kind, const Fields& fields) {
  FieldRules rules;
  rules.begin(kind);
  for (HeaderField field : fields) {
    const bool before = rules.malformed();
    const bool accepted = rules.accept(field);
    assert_int_equal(rules.malformed(), before || !accepted);
  }
  return rules;
}

bool good(SectionKind kind, const Fields& fields) {
  return checked(kind, fields).complete();
}

bool good_request(const Fields& fields) {
  return good(SectionKind::Request, fields);
}

Fields with(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

// Of a section that is complete before this field, in both kinds.
bool good_everywhere(const HeaderField& field) {
  const bool request = good_request(with(kRequest, {field}));
  assert_int_equal(good(SectionKind::Trailers, {field}), request);
  return request;
}

void accepts_timeouts_of_real_clients(void**) {
  assert_true(good_request({{":method", "POST"},
                            {":scheme", "http"},
                            {":path", "/echo.Echo/Reply"},
                            {":authority", "127.0.0.1:50051"},
                            {"te", "trailers"},
                            {"content-type", "application/grpc"},
                            {"user-agent", "grpc-python/1.51.1 grpc-c/29.0.0 (linux; chttp2)"},
                            {"grpc-accept-encoding", "identity, deflate, gzip"},
                            {"grpc-timeout", "999m"},
                            {"x-echo-note-bin", "AAEC"}}));
}

bool same_entity(std::string_view scheme, std::string_view authority, std::string_view host) {
  const Fields fields = {{":method", "POST"}, {":path", "/"}, {":authority", authority}, {":scheme", scheme}};
  return good_request(with(fields, {{"host", host}}));
}

// RFC 9113 8.3.1.
void host_must_name_the_same_entity_as_authority(void**) {
  assert_true(same_entity("http", "Gateway.local:50051", "gateway.LOCAL:50051"));
  for (const char* host : {"elsewhere", "gateway.local", "gateway.local:50052", "gateway.local:50051 ", ""})
    assert_false(same_entity("http", "Gateway.local:50051", host));
  assert_true(good_request(with(kRequest, {{"host", "elsewhere"}})));
  assert_true(good(SectionKind::Trailers, {{"host", "elsewhere"}}));
}

// RFC 3986 6.2.3: the scheme's default port may be present, empty or absent.
void a_default_port_does_not_distinguish_entities(void**) {
  for (std::string_view authority : {"a", "a:", "a:80"}) {
    for (std::string_view host : {"A", "a:", "a:80"})
      assert_true(same_entity("http", authority, host));
    for (std::string_view host : {"b", "b:80", "a:443", "a:8080", "a:080", "a80", ""})
      assert_false(same_entity("http", authority, host));
  }
  for (std::string_view authority : {"a", "a:", "a:443"}) {
    for (std::string_view host : {"A", "a:", "a:443"})
      assert_true(same_entity("https", authority, host));
    for (std::string_view host : {"b", "b:443", "a:80", "a:4430", ""})
      assert_false(same_entity("https", authority, host));
  }
  assert_true(same_entity("http", "a:443", "A:443"));
  assert_true(same_entity("https", "a:80", "A:80"));
  assert_true(same_entity("http", "[::1]", "[::1]:80"));
  // A scheme without a known default.
  assert_true(same_entity("coap", "a:80", "A:80"));
  assert_true(same_entity("coap", "a:", "a"));
  assert_false(same_entity("coap", "a:80", "a"));
  assert_false(same_entity("coap", "a:80", "a:443"));
}

// C-core sends and takes one. It names nothing that Host could differ from.
void an_empty_authority_is_accepted(void**) {
  assert_true(good_request(with(kRequest, {{":authority", ""}})));
  assert_true(same_entity("http", "", ""));
  assert_true(same_entity("http", "", "anywhere"));
  assert_false(good_request(with(kRequest, {{":authority", ""}, {":authority", "a"}})));
}

void accepts_any_trailers(void**) {
  assert_true(good(SectionKind::Trailers, {{"x-checksum", "0"}, {"x-empty", ""}}));
  assert_true(good(SectionKind::Trailers, {}));
}

// RFC 9113 8.2.1: no 0x00-0x20, no upper case, no 0x7f-0xff in a name, and no colon but the first.
void names_have_no_forbidden_character(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool forbidden = c <= 0x20 || (c >= 'A' && c <= 'Z') || c >= 0x7f || c == ':';
    for (std::size_t at = 0; at < 3; ++at) {
      std::string name = "xyz";
      name[at] = static_cast<char>(c);
      assert_int_equal(good_everywhere({name, "1"}), !forbidden);
    }
  }
}

// RFC 9113 8.2 (RFC 9110 5.1: a name is a token of at least one character).
void names_are_not_empty(void**) {
  assert_false(good_everywhere({"", "1"}));
  assert_false(good_everywhere({"", ""}));
}

// RFC 9113 8.2.1: no NUL, LF or CR at any position of a value.
void values_have_no_forbidden_character(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool forbidden = c == '\0' || c == '\n' || c == '\r';
    for (std::size_t at = 1; at < 20; ++at) {
      std::string value(21, 'v');
      value[at] = static_cast<char>(c);
      assert_int_equal(good_everywhere({"name", value}), !forbidden);
    }
  }
}

// What becomes of the value in a request.
std::string taken_value(std::string_view name, std::string_view value) {
  FieldRules rules = checked(SectionKind::Request, kRequest);
  HeaderField field{name, value};
  const bool accepted = rules.accept(field);
  assert_true(field.name == name);
  return accepted ? std::string(field.value) : "malformed";
}

// PROTOCOL-HTTP2.md, "Custom-Metadata": whitespace around a value may be removed.
void whitespace_around_custom_metadata_is_trimmed(void**) {
  for (std::string_view name : {"x-note", "x-note-bin", "authorization", "cookie", "grpcx", "x", "hosts", "t"}) {
    for (std::string_view value : {"v", " v", "v ", "\tv", "v\t", " \t v\t "})
      assert_string_equal(taken_value(name, value).c_str(), "v");
    assert_string_equal(taken_value(name, " a \t b ").c_str(), "a \t b");
    for (std::string_view value : {"", " ", "\t", " \t "})
      assert_string_equal(taken_value(name, value).c_str(), "");
  }
  assert_true(good(SectionKind::Trailers, {{"x-note", " v "}}));
}

// NUL, CR and LF are malformed at every place, and no other character but space and tab is taken off.
void nothing_else_is_trimmed(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool forbidden = c == '\0' || c == '\n' || c == '\r';
    const bool blank = c == ' ' || c == '\t';
    const std::string text(1, static_cast<char>(c));
    for (const std::string& value : {text + "v", "v" + text, text, ' ' + text + ' ', "v " + text}) {
      assert_int_equal(good_everywhere({"name", value}), !forbidden);
      if (!forbidden && !blank && value.front() != ' ') assert_true(taken_value("name", value) == value);
    }
  }
}

// RFC 9113 8.2.1: no space or tab at either end of the values that HTTP and gRPC give a meaning.
void whitespace_around_other_values_is_malformed(void**) {
  const Fields fields = {{"te", "trailers"},
                         {"host", "a"},
                         {"content-length", "5"},
                         {"content-type", "a/b"},
                         {"user-agent", "u"},
                         {"grpc-timeout", "1S"},
                         {"grpc-encoding", "gzip"},
                         {"grpc-trace-bin", "AA"},
                         {"grpc-accept-encoding", "gzip"}};
  for (const HeaderField& field : fields) {
    assert_string_equal(taken_value(field.name, field.value).c_str(), std::string(field.value).c_str());
    for (const char* blank : {" ", "\t"}) {
      assert_string_equal(taken_value(field.name, blank + std::string(field.value)).c_str(), "malformed");
      assert_string_equal(taken_value(field.name, std::string(field.value) + blank).c_str(), "malformed");
    }
  }
}

void custom_metadata_by_name(void**) {
  for (std::string_view custom : {"x", "te-", "tx", "hosts", "hast", "user-agenx", "content-typx", "content-lengtx",
                                  "grpc", "grpcx-status", "authorization", "x-echo-note-bin"})
    assert_true(is_custom_metadata(custom));
  for (std::string_view other :
       {"te", "host", "user-agent", "content-type", "content-length", "grpc-", "grpc-status", "grpc-message",
        "grpc-timeout", "grpc-trace-bin", ":path", ":authority", ":method", ":x"})
    assert_false(is_custom_metadata(other));
}

// The first fault of a section is reported.
void faults_have_a_reason(void**) {
  const struct {
    HeaderField field;
    FieldFault fault;
  } cases[] = {{{"x", "1"}, FieldFault::None},
               {{"", "1"}, FieldFault::Name},
               {{"X", "1"}, FieldFault::Name},
               {{"x y", "1"}, FieldFault::Name},
               {{"x", "a\nb"}, FieldFault::Characters},
               {{"te", " trailers\r"}, FieldFault::Characters},
               {{"te", "trailers "}, FieldFault::Whitespace},
               {{":path", "/a "}, FieldFault::Whitespace},
               {{":path", "/"}, FieldFault::Place},
               {{":color", "red"}, FieldFault::Place},
               {{"connection", "close"}, FieldFault::Place},
               {{"te", "gzip"}, FieldFault::Value},
               {{"content-length", "x"}, FieldFault::Value}};
  for (const auto& each : cases) {
    const FieldRules rules = checked(SectionKind::Request, with(kRequest, {{"x", "1"}, each.field, {"x", "2"}}));
    assert_int_equal(rules.fault(), each.fault);
  }
  assert_int_equal(checked(SectionKind::Request, {{":path", "a"}}).fault(), FieldFault::Value);
  assert_int_equal(checked(SectionKind::Request, {{":method", ""}}).fault(), FieldFault::Value);
  assert_int_equal(checked(SectionKind::Request, {{":scheme", ""}}).fault(), FieldFault::Value);
  assert_int_equal(checked(SectionKind::Trailers, {{":path", "/"}}).fault(), FieldFault::Place);
}

// RFC 9113 8.2.1 holds for the values of pseudo-headers too.
void pseudo_values_follow_the_same_rules(void**) {
  for (std::string_view path : {"/a\n", "/a\r", " /a", "/a ", "/a\t", "/a\nb"}) {
    assert_false(good_request({{":method", "GET"}, {":scheme", "http"}, {":path", path}}));
  }
  assert_false(good_request(with(kRequest, {{":authority", std::string_view("a\0b", 3)}})));
}

// RFC 9113 8.2.2.
void connection_fields_of_http1_are_forbidden(void**) {
  for (std::string_view name : {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"}) {
    assert_false(good_everywhere({name, "close"}));
    assert_false(good_everywhere({name, ""}));
  }
  for (std::string_view name : {"connectiox", "proxy-connectiox", "keep-alivx", "transfer-encodinx", "upgradx", "tx",
                                "content-lengtx", "connections", "upgrades"}) {
    assert_true(good_everywhere({name, "close"}));
  }
}

// RFC 9113 8.2.2: te holds nothing but "trailers".
void te_is_trailers_only(void**) {
  assert_true(good_everywhere({"te", "trailers"}));
  assert_true(good_everywhere({"te", "Trailers"}));
  for (std::string_view value : {"", "gzip", "trailer", "trailerss", "xrailers", "trailers, gzip", "trailers;q=1",
                                 "trailerz", "\x54railer\x53\x53", "trailer\xf3", "TRAILER\x13"}) {
    assert_false(good_everywhere({"te", value}));
  }
}

// RFC 9113 8.3: pseudo-headers come before all others.
void pseudo_fields_come_first(void**) {
  assert_false(good_request({{":method", "POST"}, {":scheme", "http"}, {"x", "1"}, {":path", "/"}}));
  assert_false(good_request(with(kRequest, {{"x", "1"}, {":authority", "a"}})));
}

// RFC 9113 8.3: and in any order among themselves.
void pseudo_fields_come_in_any_order(void**) {
  assert_true(good_request({{":path", "/"}, {":authority", "a"}, {":scheme", "http"}, {":method", "GET"}}));
  assert_true(good_request({{":scheme", "http"}, {":path", "*"}, {":method", "OPTIONS"}}));
}

// RFC 9113 8.3: others than those defined are malformed. ":protocol" needs a setting that we do not send (RFC 8441 3).
void foreign_pseudo_fields_are_malformed(void**) {
  for (std::string_view name : {":", "::", ":x", ":paths", ":patx", ":methox", ":schemx", ":statux", ":authoritx",
                                ":protocol", ":Path", ":PATH", ": path", ":method:", ":host"}) {
    assert_false(good_request(with(kRequest, {{name, "a"}})));
  }
}

// RFC 9113 8.3: each is there once.
void pseudo_fields_come_once(void**) {
  for (const HeaderField& field : kRequest)
    assert_false(good_request(with(kRequest, {field})));
  assert_false(good_request(with(kRequest, {{":authority", "a"}, {":authority", "a"}})));
}

// RFC 9113 8.3: those of a response stand in no request.
void pseudo_fields_of_responses_are_malformed_in_requests(void**) {
  assert_false(good_request(with(kRequest, {{":status", "200"}})));
}

// RFC 9113 8.1 and 8.3: trailers have none.
void trailers_have_no_pseudo_fields(void**) {
  for (const HeaderField& field : with(kRequest, {{":authority", "a"}, {":status", "200"}})) {
    assert_false(good(SectionKind::Trailers, {field}));
    assert_false(good(SectionKind::Trailers, {{"grpc-status", "0"}, field}));
  }
}

// RFC 9113 8.3.1: method, scheme and path, all three; authority as the client likes.
void a_request_needs_three_pseudo_fields(void**) {
  assert_true(good_request(kRequest));
  assert_true(good_request(with(kRequest, {{":authority", "a"}})));
  assert_false(good_request({}));
  for (std::size_t missing = 0; missing < kRequest.size(); ++missing) {
    Fields fields = kRequest;
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(missing));
    const FieldRules rules = checked(SectionKind::Request, fields);
    assert_false(rules.malformed());
    assert_false(rules.complete());
  }
}

// RFC 9113 8.3.1 for the path, RFC 9110 9.1 and RFC 3986 3.1 for the others.
void method_scheme_and_path_are_not_empty(void**) {
  for (std::size_t empty = 0; empty < kRequest.size(); ++empty) {
    Fields fields = kRequest;
    fields[empty].value = "";
    assert_false(good_request(fields));
  }
}

// RFC 9113 8.3.1: a path begins with '/', or is "*" with OPTIONS.
void paths_begin_with_a_slash(void**) {
  const auto good_path = [](std::string_view method, std::string_view path) {
    const bool method_first = good_request({{":method", method}, {":scheme", "http"}, {":path", path}});
    assert_int_equal(good_request({{":path", path}, {":method", method}, {":scheme", "http"}}), method_first);
    return method_first;
  };
  assert_true(good_path("POST", "/"));
  assert_true(good_path("OPTIONS", "/"));
  assert_true(good_path("OPTIONS", "*"));
  for (std::string_view path : {"*", "**", "*/", "a", "echo.Echo/Reply", "http://a/", "?x", "\\"}) {
    assert_false(good_path("POST", path));
  }
  assert_false(good_path("OPTIONS", "**"));
  assert_false(good_path("OPTIONS", "a"));
  assert_false(good_path("options", "*"));
  assert_false(good_path("OPTIONX", "*"));
}

// RFC 9113 8.5: CONNECT has an authority, and neither scheme nor path.
void connect_has_an_authority_only(void**) {
  assert_true(good_request({{":method", "CONNECT"}, {":authority", "a:1"}}));
  assert_true(good_request({{":authority", "a:1"}, {":method", "CONNECT"}, {"x", "1"}}));
  assert_false(good_request({{":method", "CONNECT"}}));
  assert_false(good_request({{":method", "CONNECT"}, {":authority", ""}}));
  assert_false(good_request({{":method", "CONNECT"}, {":authority", "a"}, {":scheme", "http"}}));
  assert_false(good_request({{":method", "CONNECT"}, {":authority", "a"}, {":path", "/"}}));
  assert_false(good_request({{":method", "CONNECT"}, {":authority", "a"}, {":scheme", "http"}, {":path", "/"}}));
  assert_false(good_request({{":method", "CONNECX"}, {":authority", "a:1"}}));
  assert_false(good_request({{":method", "connect"}, {":authority", "a:1"}}));
}

// RFC 9110 8.6.
void content_lengths_are_digits(void**) {
  const auto length = [](std::string_view value) {
    const FieldRules rules = checked(SectionKind::Request, with(kRequest, {{"content-length", value}}));
    assert_int_equal(rules.complete(), rules.content_length() >= 0);
    return rules.content_length();
  };
  assert_int_equal(length("0"), 0);
  assert_int_equal(length("17"), 17);
  assert_int_equal(length("0017"), 17);
  assert_int_equal(length("4294967296"), 4294967296);
  assert_int_equal(length("999999999999999999"), 999999999999999999);
  for (std::string_view value : {"", "-1", "+1", "1.0", "1 ", "0x1", "a", "1,1", "1, 1", "1/",
                                 "1:", "1000000000000000000", "18446744073709551617", "99999999999999999999999999"}) {
    assert_int_equal(length(value), -1);
  }
  assert_int_equal(checked(SectionKind::Request, kRequest).content_length(), -1);
}

// RFC 9110 8.6: the same one again is tolerated, another one is not.
void content_lengths_agree(void**) {
  assert_true(good_request(with(kRequest, {{"content-length", "5"}, {"content-length", "5"}})));
  assert_true(good_request(with(kRequest, {{"content-length", "0"}, {"content-length", "00"}})));
  assert_false(good_request(with(kRequest, {{"content-length", "5"}, {"content-length", "6"}})));
  assert_false(good_request(with(kRequest, {{"content-length", "0"}, {"content-length", "6"}})));
}

// RFC 9110 6.5.1: trailers frame no message.
void content_lengths_mean_nothing_in_trailers(void**) {
  const FieldRules rules = checked(SectionKind::Trailers, {{"content-length", "5"}, {"content-length", "x"}});
  assert_true(rules.complete());
  assert_int_equal(rules.content_length(), -1);
}

void malformed_stays_malformed(void**) {
  FieldRules rules = checked(SectionKind::Request, {{"Upper", "1"}});
  assert_true(rules.malformed());
  for (HeaderField field : Fields{{"x", "1"}, {"content-type", "application/grpc"}})
    assert_true(rules.accept(field));
  assert_true(rules.malformed());
  assert_false(rules.complete());
  assert_int_equal(rules.fault(), FieldFault::Name);
}

void begin_clears_all_state(void**) {
  FieldRules rules = checked(SectionKind::Request, with(kRequest, {{"content-length", "9"}, {"Upper", "1"}}));
  rules.begin(SectionKind::Trailers);
  assert_false(rules.malformed());
  assert_true(rules.complete());
  assert_int_equal(rules.content_length(), -1);
  HeaderField path{":path", "/"};
  assert_false(rules.accept(path));
  rules.begin(SectionKind::Request);
  assert_false(rules.complete());
  for (HeaderField field : kRequest)
    assert_true(rules.accept(field));
  assert_true(rules.complete());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(accepts_timeouts_of_real_clients),
      cmocka_unit_test(host_must_name_the_same_entity_as_authority),
      cmocka_unit_test(a_default_port_does_not_distinguish_entities),
      cmocka_unit_test(an_empty_authority_is_accepted),
      cmocka_unit_test(accepts_any_trailers),
      cmocka_unit_test(names_have_no_forbidden_character),
      cmocka_unit_test(names_are_not_empty),
      cmocka_unit_test(values_have_no_forbidden_character),
      cmocka_unit_test(whitespace_around_custom_metadata_is_trimmed),
      cmocka_unit_test(nothing_else_is_trimmed),
      cmocka_unit_test(whitespace_around_other_values_is_malformed),
      cmocka_unit_test(custom_metadata_by_name),
      cmocka_unit_test(faults_have_a_reason),
      cmocka_unit_test(pseudo_values_follow_the_same_rules),
      cmocka_unit_test(connection_fields_of_http1_are_forbidden),
      cmocka_unit_test(te_is_trailers_only),
      cmocka_unit_test(pseudo_fields_come_first),
      cmocka_unit_test(pseudo_fields_come_in_any_order),
      cmocka_unit_test(foreign_pseudo_fields_are_malformed),
      cmocka_unit_test(pseudo_fields_come_once),
      cmocka_unit_test(pseudo_fields_of_responses_are_malformed_in_requests),
      cmocka_unit_test(trailers_have_no_pseudo_fields),
      cmocka_unit_test(a_request_needs_three_pseudo_fields),
      cmocka_unit_test(method_scheme_and_path_are_not_empty),
      cmocka_unit_test(paths_begin_with_a_slash),
      cmocka_unit_test(connect_has_an_authority_only),
      cmocka_unit_test(content_lengths_are_digits),
      cmocka_unit_test(content_lengths_agree),
      cmocka_unit_test(content_lengths_mean_nothing_in_trailers),
      cmocka_unit_test(malformed_stays_malformed),
      cmocka_unit_test(begin_clears_all_state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
