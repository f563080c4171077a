#include "wire/field_rules.h"

#include <string>
#include <vector>

#include "support/cmocka_test.h"

using namespace mote::wire;

namespace {

using Fields = std::vector<HeaderField>;

const Fields kRequest = {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo.Echo/Reply"}};

FieldRules checked(SectionKind kind, const Fields& fields) {
  FieldRules rules;
  rules.begin(kind);
  for (const HeaderField& field : fields) {
    const bool accepted = rules.accept(field);
    assert_int_equal(accepted, !rules.malformed());
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

void takes_what_clients_send(void**) {
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

// RFC 9113 8.3.1.
void host_names_what_authority_names(void**) {
  const Fields request = with(kRequest, {{":authority", "Gateway.local:50051"}});
  assert_true(good_request(with(request, {{"host", "gateway.LOCAL:50051"}})));
  assert_true(good_request(with(kRequest, {{"host", "elsewhere"}})));
  for (const char* host : {"elsewhere", "gateway.local", "gateway.local:50052", "gateway.local:50051 ", ""})
    assert_false(good_request(with(request, {{"host", host}})));
  assert_true(good(SectionKind::Trailers, {{"host", "elsewhere"}}));
}

void takes_any_trailers(void**) {
  assert_true(good(SectionKind::Trailers, {{"x-checksum", "0"}, {"x-empty", ""}}));
  assert_true(good(SectionKind::Trailers, {}));
}

// RFC 9113 8.2.1: no 0x00-0x20, no upper case, no 0x7f-0xff in a name, and no colon but the first.
void names_hold_no_forbidden_character(void**) {
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
void values_hold_no_forbidden_character(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool forbidden = c == '\0' || c == '\n' || c == '\r';
    for (std::size_t at = 1; at < 20; ++at) {
      std::string value(21, 'v');
      value[at] = static_cast<char>(c);
      assert_int_equal(good_everywhere({"name", value}), !forbidden);
    }
  }
}

// RFC 9113 8.2.1: no space or tab at either end of a value; nothing else is forbidden there but NUL, LF and CR.
void values_do_not_begin_or_end_blank(void**) {
  for (unsigned c = 0; c < 256; ++c) {
    const bool forbidden = c == '\0' || c == '\n' || c == '\r' || c == ' ' || c == '\t';
    const std::string text(1, static_cast<char>(c));
    assert_int_equal(good_everywhere({"name", text + "v"}), !forbidden);
    assert_int_equal(good_everywhere({"name", "v" + text}), !forbidden);
    assert_int_equal(good_everywhere({"name", text}), !forbidden);
  }
  assert_true(good_everywhere({"name", ""}));
  assert_true(good_everywhere({"name", "a b\tc"}));
}

// RFC 9113 8.2.1 holds for the values of pseudo-headers too.
void pseudo_values_follow_the_same_rules(void**) {
  for (std::string_view path : {"/a\n", "/a\r", " /a", "/a ", "/a\t", "/a\nb"}) {
    assert_false(good_request({{":method", "GET"}, {":scheme", "http"}, {":path", path}}));
  }
  assert_false(good_request(with(kRequest, {{":authority", std::string_view("a\0b", 3)}})));
}

// RFC 9113 8.2.2.
void fields_of_a_connection_are_forbidden(void**) {
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
void pseudo_fields_keep_to_their_side(void**) {
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

// RFC 9113 8.3.1 for the path, RFC 9110 9.1, 4.2.1 and 3986 3.1 for the others.
void no_pseudo_field_is_empty(void**) {
  for (std::size_t empty = 0; empty < kRequest.size(); ++empty) {
    Fields fields = kRequest;
    fields[empty].value = "";
    assert_false(good_request(fields));
  }
  assert_false(good_request(with(kRequest, {{":authority", ""}})));
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
  for (const HeaderField& field : with(kRequest, {{"x", "1"}}))
    assert_false(rules.accept(field));
  assert_true(rules.malformed());
  assert_false(rules.complete());
}

void begin_forgets_everything(void**) {
  FieldRules rules = checked(SectionKind::Request, with(kRequest, {{"content-length", "9"}, {"Upper", "1"}}));
  rules.begin(SectionKind::Trailers);
  assert_false(rules.malformed());
  assert_true(rules.complete());
  assert_int_equal(rules.content_length(), -1);
  assert_false(rules.accept({":path", "/"}));
  rules.begin(SectionKind::Request);
  assert_false(rules.complete());
  for (const HeaderField& field : kRequest)
    assert_true(rules.accept(field));
  assert_true(rules.complete());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(takes_what_clients_send),
      cmocka_unit_test(host_names_what_authority_names),
      cmocka_unit_test(takes_any_trailers),
      cmocka_unit_test(names_hold_no_forbidden_character),
      cmocka_unit_test(names_are_not_empty),
      cmocka_unit_test(values_hold_no_forbidden_character),
      cmocka_unit_test(values_do_not_begin_or_end_blank),
      cmocka_unit_test(pseudo_values_follow_the_same_rules),
      cmocka_unit_test(fields_of_a_connection_are_forbidden),
      cmocka_unit_test(te_is_trailers_only),
      cmocka_unit_test(pseudo_fields_come_first),
      cmocka_unit_test(pseudo_fields_come_in_any_order),
      cmocka_unit_test(foreign_pseudo_fields_are_malformed),
      cmocka_unit_test(pseudo_fields_come_once),
      cmocka_unit_test(pseudo_fields_keep_to_their_side),
      cmocka_unit_test(trailers_have_no_pseudo_fields),
      cmocka_unit_test(a_request_needs_three_pseudo_fields),
      cmocka_unit_test(no_pseudo_field_is_empty),
      cmocka_unit_test(paths_begin_with_a_slash),
      cmocka_unit_test(connect_has_an_authority_only),
      cmocka_unit_test(content_lengths_are_digits),
      cmocka_unit_test(content_lengths_agree),
      cmocka_unit_test(content_lengths_mean_nothing_in_trailers),
      cmocka_unit_test(malformed_stays_malformed),
      cmocka_unit_test(begin_forgets_everything),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
