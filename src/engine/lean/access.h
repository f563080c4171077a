// Who may connect and call: certificates, names, tokens and rules (engine/access_texts.h).
//
// There are two versions in fixed memory. SIGHUP loads the new one into the spare; connections whose handshake began with the old
// one still finish it. Established connections use neither: rules and tokens are looked up for each call.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/access_texts.h"
#include "mote/rpc/peer.h"
#include "mote/span.h"
#include "tls/server_context.h"
#include "tls/ticket_keys.h"

namespace mote::lean {

class Access {
 public:
  // The bearer token of a call.
  struct Bearer {
    enum class State : std::uint8_t {
      None,
      Known,  // It has a name.
      Unknown,
      Exposed,  // It came through plaintext TCP.
    };
    State state = State::None;
    std::string_view name = {};
  };

  // Loads the first version. `memory` is for the texts of both. `tls`: with certificates.
  [[nodiscard]] tls::LoadError load(MutableBytes memory, const engine::AccessTexts& texts, bool tls);

  // Memory for the texts of the next version. Empty while a handshake uses its certificates.
  [[nodiscard]] MutableBytes spare();
  // Takes the texts of these sizes in spare(), in place of the version at hand, which stays if there is an error.
  [[nodiscard]] tls::LoadError replace(const engine::AccessSizes& sizes, bool tls);

  // Of the version at hand. Only with TLS.
  [[nodiscard]] tls::ServerContext& context() { return *version().context; }
  // A call needs a rule.
  [[nodiscard]] bool restricts() const { return !text(engine::AccessPart::Rules).empty(); }
  // Whether a rule permits a caller to use the method with this path.
  [[nodiscard]] bool permits(const rpc::Peer& caller, std::string_view path) const;
  // `authorization` is the value of the request's field of that name. `exposed`: it came through plaintext TCP. Without tokens
  // in the configuration, the field has no meaning.
  [[nodiscard]] Bearer bearer(std::string_view authorization, bool exposed) const;
  // Whether the handshake would admit the caller now.
  [[nodiscard]] bool admits(const rpc::Peer& caller) const;

 private:
  struct Version {
    engine::AccessTexts texts{};
    std::optional<tls::ServerContext> context{};
  };

  [[nodiscard]] Version& version() { return versions_[at_]; }
  [[nodiscard]] std::string_view text(engine::AccessPart part) const { return versions_[at_].texts[part]; }
  [[nodiscard]] MutableBytes buffer(std::size_t index) const {
    return memory_.subspan(index * memory_.size() / 2, memory_.size() / 2);
  }
  [[nodiscard]] tls::LoadError load_version(std::size_t index, const engine::AccessSizes& sizes, bool tls);

  MutableBytes memory_;
  tls::TicketKeys tickets_;  // SIGHUP keeps them.
  std::array<Version, 2> versions_{};
  std::size_t at_ = 0;
};

}  // namespace mote::lean
