// The status of a call: a code and a message.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/bytes.h"
#include "mote/message.h"
#include "mote/status_code.h"

namespace mote::rpc {

using mote::StatusCode;

// The maximum size of a status message in bytes. Clients refuse metadata of more than 8 KiB, and percent-encoding can triple
// the size. A longer message is truncated at a character boundary.
inline constexpr std::size_t kStatusMessageBytes = 1024;

struct Status;

// Text with static storage: a string literal or another constant. A text made at run time does not compile, because it would
// dangle; use Call::fail(), which copies it.
class StaticText {
 public:
  // Empty text.
  constexpr StaticText() = default;
  // NOLINTBEGIN(google-explicit-constructor): literals convert implicitly.
  // A string literal.
  template <std::size_t size>
  consteval StaticText(const char (&literal)[size]) : view_(literal) {}
  // Another constant.
  consteval StaticText(std::string_view constant) : view_(constant) {}
  // Any other text: a compile error that names call.fail().
  template <class Text>
  requires(std::convertible_to<const Text&, std::string_view> && !std::is_array_v<Text> &&
           !std::same_as<Text, std::string_view>) StaticText(const Text& /*text*/) {
    static_assert(std::is_void_v<Text>,
                  "a status message made at run time must be copied: return call.fail(code, text...)");
  }
  // NOLINTEND(google-explicit-constructor)

  // The text.
  [[nodiscard]] constexpr std::string_view view() const { return view_; }

 private:
  friend Status malformed(const codec::DecodeResult& decoded);

  std::string_view view_;
};

// `message` is UTF-8 and meant for people.
struct Status {
  // How the call ended.
  StatusCode code = StatusCode::Ok;
  // Why, or empty.
  StaticText message = {};

  // Whether the code is Ok.
  [[nodiscard]] bool ok() const { return code == StatusCode::Ok; }
};

// INTERNAL with the reason why a message could not be decoded, as in the official servers.
[[nodiscard]] Status malformed(const codec::DecodeResult& decoded);

// Truncates a message to at most kStatusMessageBytes, at a character boundary.
[[nodiscard]] std::string_view sent_message(std::string_view message);

// The types that a status message can be composed of: text, bytes of a message, integers.
template <class Piece>
concept StatusPiece = std::convertible_to<const Piece&, std::string_view> || std::same_as<Piece, mote_bytes> ||
    std::same_as<Piece, char> ||(std::integral<Piece> && !std::same_as<Piece, bool>);

// Composes a status message in a buffer of kStatusMessageBytes. Text beyond that is discarded.
class ComposedText {  // NOLINT(cppcoreguidelines-pro-type-member-init): chars_ are written before they are read
 public:
  // Appends text, bytes, a character or a whole number.
  template <StatusPiece Piece>
  void add(const Piece& piece) {
    if constexpr (std::convertible_to<const Piece&, std::string_view>) {
      add_text(piece);
    } else if constexpr (std::same_as<Piece, mote_bytes>) {
      add_bytes(piece);
    } else if constexpr (std::same_as<Piece, char>) {
      add_text({&piece, 1});
    } else if constexpr (std::signed_integral<Piece>) {
      add_number(std::int64_t{piece});
    } else {
      add_number(std::uint64_t{piece});
    }
  }

  // The text so far, as it is sent.
  [[nodiscard]] std::string_view view() const { return sent_message({chars_.data(), size_}); }

 private:
  void add_text(std::string_view text);
  void add_bytes(const mote_bytes& bytes);
  void add_number(std::int64_t number);
  void add_number(std::uint64_t number);

  std::array<char, kStatusMessageBytes + 1> chars_;  // The last character shows that the text was truncated.
  std::size_t size_ = 0;
};

// Converts a number, such as one in a message of a peer, to a code. Returns Unknown for an invalid code.
[[nodiscard]] constexpr StatusCode status_code(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(StatusCode::Unauthenticated);
  return number >= 0 && number <= kLast ? static_cast<StatusCode>(number) : StatusCode::Unknown;
}

}  // namespace mote::rpc
