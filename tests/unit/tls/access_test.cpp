// Rules, tokens and certificates, and the two versions of them.
#include "engine/lean/access.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/cmocka_test.h"
#include "support/openssl_client.h"
#include "support/tls_wire.h"
#include "tls/memory.h"
#include "tls/token_hash.h"

namespace {

using mote::engine::AccessPart;
using mote::engine::AccessSizes;
using mote::engine::AccessTexts;
using mote::lean::Access;
using mote::rpc::Peer;
using mote::test::OpensslClient;
using mote::test::Wire;
using State = Access::Bearer::State;

constexpr std::string_view kToken = "0123456789abcdef012345";

AccessTexts texts(std::string_view rules, std::string_view tokens = {}) {
  AccessTexts all;
  all.parts[static_cast<std::size_t>(AccessPart::Rules)] = rules;
  all.parts[static_cast<std::size_t>(AccessPart::Tokens)] = tokens;
  return all;
}

struct Loaded {
  explicit Loaded(const AccessTexts& all) : memory(4096) { assert_true(access.load(memory, all, false).text.empty()); }

  std::vector<std::uint8_t> memory;
  Access access;
};

std::string line_of(std::string_view name, std::string_view token) {
  const mote::tls::HashText hash = mote::tls::hash_of(token);
  return std::string(name) + " " + std::string(hash.data(), hash.size()) + "\n";
}

Peer named(std::string_view name) {
  Peer peer;
  peer.certificate_name = name;
  return peer;
}

void test_rules(void**) {
  const Loaded loaded(texts("pump /a.B/C\nuser7 /a.B/C\n*.plant /a.B/*\nuid:7 /a.B/D\n* /h.H/*\n"));
  const Access& access = loaded.access;
  assert_true(access.restricts());
  assert_true(access.permits(named("pump"), "/a.B/C"));
  assert_true(access.permits(named("PUMP"), "/a.B/C"));
  assert_false(access.permits(named("pump"), "/a.B/D"));
  assert_false(access.permits(named("pump"), "/a.B/CC"));
  assert_true(access.permits(named("dev.plant"), "/a.B/D"));
  assert_false(access.permits(named("dev.plant"), "/a.BB/D"));
  assert_false(access.permits(named("plant"), "/a.B/D"));
  assert_true(access.permits({}, "/h.H/Check"));
  assert_false(access.permits({}, "/a.B/C"));
  Peer user;
  user.uid = 7;
  assert_true(access.permits(user, "/a.B/D"));
  assert_false(access.permits(user, "/a.B/C"));
  user.uid = 77;
  assert_false(access.permits(user, "/a.B/D"));
  // Nobody can claim to be a user by another name.
  assert_false(access.permits(named("uid"), "/a.B/D"));
}

void test_each_kind_of_name_counts(void**) {
  const Loaded loaded(texts("pump /a.B/C\n"));
  Peer peer;
  assert_false(loaded.access.permits(peer, "/a.B/C"));
  peer.psk_identity = "pump";
  assert_true(loaded.access.permits(peer, "/a.B/C"));
  peer = {};
  peer.token_name = "pump";
  peer.certificate_name = "other";
  assert_true(loaded.access.permits(peer, "/a.B/C"));
}

void test_who_has_lost_a_name_or_key_is_not_admitted(void**) {
  AccessTexts all;
  all.parts[static_cast<std::size_t>(AccessPart::AllowedNames)] = "pump\n";
  all.parts[static_cast<std::size_t>(AccessPart::Psks)] = "valve 00\n";
  const Loaded loaded(all);
  assert_true(loaded.access.admits({}));
  assert_true(loaded.access.admits(named("pump")));
  assert_false(loaded.access.admits(named("valve")));
  Peer peer;
  peer.psk_identity = "valve";
  assert_true(loaded.access.admits(peer));
  peer.psk_identity = "pump";
  assert_false(loaded.access.admits(peer));
}

void test_without_rules_nothing_is_restricted(void**) {
  assert_false(Loaded(texts("")).access.restricts());
}

void test_tokens(void**) {
  const Loaded loaded(
      texts("", line_of("one", kToken) + line_of("two", "short") + line_of("three", std::string(40, 'x'))));
  const Access& access = loaded.access;
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER   "}) {
    const std::string authorization = scheme + std::string(kToken);
    assert_true(access.bearer(authorization, false).state == State::Known);
    assert_true(access.bearer(authorization, false).name == "one");
    assert_true(access.bearer(authorization, true).state == State::Exposed);
  }
  assert_true(access.bearer("Bearer " + std::string(40, 'x'), false).name == "three");
  for (const std::string wrong : {"Bearer short", "Bearer 0123456789abcdef012346", "Bearer 0123456789abcdef012345 "})
    assert_true(access.bearer(wrong, false).state == State::Unknown);
  for (const std::string other : {"", "Bearer", "Bearer ", "Basic cHVtcDpwdW1w", "Bearerx 0123456789abcdef012345"})
    assert_true(access.bearer(other, true).state == State::None);
}

void test_authorization_means_nothing_without_tokens(void**) {
  const Loaded loaded(texts("* /a.B/*\n"));
  assert_true(loaded.access.bearer("Bearer " + std::string(kToken), true).state == State::None);
}

void test_a_new_version_replaces_the_old_one(void**) {
  Loaded loaded(texts("a /a.B/C\n"));
  for (const std::string_view rules : {"b /a.B/C\n", "c /a.B/C\n", "", "d /a.B/C\n"}) {
    const AccessTexts next = texts(rules);
    const mote::MutableBytes spare = loaded.access.spare();
    assert_int_equal(spare.size(), 2048);
    mote::engine::pack(next, spare);
    // Until then, the old one counts.
    assert_false(loaded.access.permits(named(rules.substr(0, 1)), "/a.B/C"));
    assert_true(loaded.access.replace(mote::engine::sizes_of(next), false).text.empty());
    assert_int_equal(loaded.access.restricts(), !rules.empty());
    assert_int_equal(loaded.access.permits(named(rules.substr(0, 1)), "/a.B/C"), !rules.empty());
  }
}

// Each version has half of the memory.
void test_two_versions_that_fill_the_memory(void**) {
  const std::string first = std::string(2000, 'x') + " /a.B/C\nfirst /a.B/C\n";
  Loaded loaded(texts(first));
  const std::string second = std::string(2000, 'y') + " /a.B/C\nsecond /a.B/C\n";
  const AccessTexts next = texts(second);
  mote::engine::pack(next, loaded.access.spare());
  assert_true(loaded.access.permits(named("first"), "/a.B/C"));
  assert_true(loaded.access.replace(mote::engine::sizes_of(next), false).text.empty());
  assert_true(loaded.access.permits(named("second"), "/a.B/C"));
  assert_false(loaded.access.permits(named("first"), "/a.B/C"));
}

// --- Certificates ---

constexpr std::size_t kHandshakes = 2;

struct Encrypted {
  explicit Encrypted(std::string_view min_version) {
    set(AccessPart::Certificate, certificate);
    set(AccessPart::Key, key);
    set(AccessPart::MinVersion, min_version);
    assert_true(access.load(memory, all, true).text.empty());
  }
  void set(AccessPart part, std::string_view text) { all.parts[static_cast<std::size_t>(part)] = text; }
  // Whether the text is somewhere in the memory.
  bool holds(std::string_view text) const {
    return std::search(memory.begin(), memory.end(), text.begin(), text.end()) != memory.end();
  }

  std::string certificate = mote::test::certificate_file("gateway.pem");
  std::string key = mote::test::certificate_file("gateway.key");
  AccessTexts all;
  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(16384);
  Access access;
};

// Whether a client of this version completes its handshake.
bool shakes_hands(Access& access, int version) {
  mote::tls::Session session;
  assert_true(session.begin(access.context()));
  OpensslClient client({.version = version});
  Wire wire;
  const bool over = run_handshake(session, client, wire) == mote::tls::Session::Handshake::Over;
  if (!over) session.discard();
  return over;
}

void test_the_oldest_version_of_tls(void**) {
  for (const std::string_view least : {"1.2", "1.3"}) {
    Encrypted encrypted(least);
    assert_int_equal(shakes_hands(encrypted.access, TLS1_2_VERSION), least == "1.2");
    assert_true(shakes_hands(encrypted.access, TLS1_3_VERSION));
  }
}

// The library has its own copy.
void test_the_key_is_erased(void**) {
  const Encrypted encrypted("1.2");
  assert_true(encrypted.holds(encrypted.certificate));
  assert_false(encrypted.holds(std::string_view(encrypted.key).substr(0, 40)));
  assert_false(encrypted.holds(std::string_view(encrypted.key).substr(encrypted.key.size() - 20)));
}

void test_certificates_stay_while_a_handshake_uses_them(void**) {
  Encrypted encrypted("1.2");
  mote::tls::Session session;
  assert_true(session.begin(encrypted.access.context()));
  for (int i = 0; i < 2; ++i) {
    const mote::MutableBytes spare = encrypted.access.spare();
    assert_int_equal(spare.size(), i == 0 ? 8192 : 0);
    if (i == 1) break;
    mote::engine::pack(encrypted.all, spare);
    assert_true(encrypted.access.replace(mote::engine::sizes_of(encrypted.all), true).text.empty());
  }
  session.discard();
  const std::size_t before = mote::tls::pool_use().now;
  assert_int_equal(encrypted.access.spare().size(), 8192);
  assert_true(mote::tls::pool_use().now < before);
}

void test_wrong_certificates_change_nothing(void**) {
  Encrypted encrypted("1.2");
  AccessTexts wrong = encrypted.all;
  wrong.parts[static_cast<std::size_t>(AccessPart::Certificate)] = "none";
  wrong.parts[static_cast<std::size_t>(AccessPart::Rules)] = "a /a.B/C\n";
  mote::engine::pack(wrong, encrypted.access.spare());
  const std::size_t before = mote::tls::pool_use().now;
  assert_false(encrypted.access.replace(mote::engine::sizes_of(wrong), true).text.empty());
  assert_int_equal(mote::tls::pool_use().now, before);
  assert_false(encrypted.access.restricts());
  assert_true(shakes_hands(encrypted.access, TLS1_3_VERSION));
}

int take_memory(void**) {
  mote::test::take_tls_memory(kHandshakes);
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_each_kind_of_name_counts),
      cmocka_unit_test(test_who_has_lost_a_name_or_key_is_not_admitted),
      cmocka_unit_test(test_without_rules_nothing_is_restricted),
      cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_authorization_means_nothing_without_tokens),
      cmocka_unit_test(test_a_new_version_replaces_the_old_one),
      cmocka_unit_test(test_two_versions_that_fill_the_memory),
      cmocka_unit_test(test_the_oldest_version_of_tls),
      cmocka_unit_test(test_the_key_is_erased),
      cmocka_unit_test(test_certificates_stay_while_a_handshake_uses_them),
      cmocka_unit_test(test_wrong_certificates_change_nothing),
  };
  return cmocka_run_group_tests(tests, take_memory, nullptr);
}
