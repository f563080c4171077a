// How a call ended, in gRPC's terms.
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

// The longest status message that is sent, in bytes: clients refuse metadata of more than 8 KiB, and percent-encoding takes
// three bytes for one. A longer message is cut between two characters.
inline constexpr std::size_t kStatusMessageBytes = 1024;

struct Status;

// Text that lasts as long as the program: a string literal or another constant. Text that is made at run time does not
// compile here, because nothing would keep it: Call::fail() copies it.
class StaticText {
 public:
  constexpr StaticText() = default;
  // NOLINTBEGIN(google-explicit-constructor): a literal is such a text.
  template <std::size_t size>
  consteval StaticText(const char (&literal)[size]) : view_(literal) {}
  consteval StaticText(std::string_view constant) : view_(constant) {}
  template <class Text>
  requires(std::convertible_to<const Text&, std::string_view> && !std::is_array_v<Text> &&
           !std::same_as<Text, std::string_view>) StaticText(const Text& /*text*/) {
    static_assert(std::is_void_v<Text>,
                  "a status text that is made at run time has to be copied: return call.fail(code, text...)");
  }
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view view() const { return view_; }

 private:
  friend Status malformed(const codec::DecodeResult& decoded);

  std::string_view view_;
};

// `message` is UTF-8 for a person.
struct Status {
  StatusCode code = StatusCode::Ok;
  StaticText message = {};

  [[nodiscard]] bool ok() const { return code == StatusCode::Ok; }
};

// INTERNAL with the reason why a message could not be decoded, as the official servers have it.
[[nodiscard]] Status malformed(const codec::DecodeResult& decoded);

// As much of a message as is sent: no more than kStatusMessageBytes, and no half of a character at the end.
[[nodiscard]] std::string_view sent_message(std::string_view message);

// What a status text is composed of: text, bytes of a message, whole numbers.
template <class Piece>
concept StatusPiece = std::convertible_to<const Piece&, std::string_view> || std::same_as<Piece, mote_bytes> ||
    std::same_as<Piece, char> ||(std::integral<Piece> && !std::same_as<Piece, bool>);

// A status text while it is put together, in kStatusMessageBytes of memory; what goes beyond is dropped.
class ComposedText {  // NOLINT(cppcoreguidelines-pro-type-member-init): chars_ are written before they are read
 public:
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

  [[nodiscard]] std::string_view view() const { return sent_message({chars_.data(), size_}); }

 private:
  void add_text(std::string_view text);
  void add_bytes(const mote_bytes& bytes);
  void add_number(std::int64_t number);
  void add_number(std::uint64_t number);

  std::array<char, kStatusMessageBytes + 1> chars_;  // The last one shows that there was more.
  std::size_t size_ = 0;
};

// The code of that number, such as a peer may name in a message: none there is gets Unknown.
[[nodiscard]] constexpr StatusCode status_code(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(StatusCode::Unauthenticated);
  return number >= 0 && number <= kLast ? static_cast<StatusCode>(number) : StatusCode::Unknown;
}

}  // namespace mote::rpc
