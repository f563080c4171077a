// A mote_list whose element type is known: a range to read, and a list to send that is made of an array.
//
//   for (const Reading& reading : request.readings) add(reading);
//   reply.names = mote::list_of(std::span(names).first(count));
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>

#include "mote/list.h"
#include "mote/message.h"

namespace mote {

// What a repeated field holds: numbers, bools, mote_bytes or message structs. As mote_list, it owns no memory.
template <class Element>
struct ListOf : mote_list {
  // The empty list, if it is value-initialized.
  ListOf() = default;
  // A list of the same elements, made by mote_list_of() or mote_list_of_values().
  // NOLINTNEXTLINE(google-explicit-constructor): both are the same field
  ListOf(const mote_list& list) : mote_list(list) {}

  // Walks through the elements. A message is decoded into the iterator.
  class Iterator {
   public:
    // Reads the first element.
    explicit Iterator(const mote_list& list) : rest_(list) { ++*this; }
    // The element; valid until the next step.
    const Element& operator*() const { return element_; }
    // The same.
    const Element* operator->() const { return &element_; }
    // Reads the next element.
    Iterator& operator++() {
      over_ = !take();
      return *this;
    }
    // Whether all elements were read.
    bool operator==(std::default_sentinel_t) const { return over_; }

   private:
    bool take() {
      if (rest_.array != nullptr) return take_from_array();
      if constexpr (std::same_as<Element, mote_bytes>) {
        return mote_list_take(&rest_, &element_);
      } else if constexpr (std::is_arithmetic_v<Element>) {
        std::uint64_t bits = 0;
        if (!mote_list_take_number(&rest_, &bits)) return false;
        if constexpr (std::same_as<Element, float>) {
          element_ = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        } else if constexpr (std::same_as<Element, double>) {
          element_ = std::bit_cast<double>(bits);
        } else {
          element_ = static_cast<Element>(bits);
        }
        return true;
      } else {
        return mote_list_take_message(&rest_, nanopb::MessageDescriptor<Element>::fields(), &element_);
      }
    }

    bool take_from_array() {
      if (rest_.count == 0) return false;
      element_ = *static_cast<const Element*>(rest_.array);
      rest_.array = static_cast<const Element*>(rest_.array) + 1;
      --rest_.count;
      return true;
    }

    mote_list rest_;
    Element element_{};
    bool over_ = false;
  };

  // The first element.
  [[nodiscard]] Iterator begin() const { return Iterator(*this); }
  // The end of the elements.
  static std::default_sentinel_t end() { return {}; }
  // The number of elements.
  [[nodiscard]] std::size_t size() const { return count; }
  // Whether there is no element.
  [[nodiscard]] bool empty() const { return count == 0; }
};

// A list to send. `elements` must stay valid until the message has been sent. A unary method is sent after its function has
// returned: its elements must be in the service, or in memory that Call::keep() made.
template <class Element>
[[nodiscard]] ListOf<Element> list_of(std::span<const Element> elements) {
  if constexpr (std::is_arithmetic_v<Element> || std::same_as<Element, mote_bytes>) {
    return mote_list_of_values(elements.data(), elements.size());
  } else {
    return mote_list_of(elements.data(), elements.size(), nanopb::MessageDescriptor<Element>::fields());
  }
}

// The same for any array.
template <class Array>
[[nodiscard]] auto list_of(const Array& elements) {
  return list_of(std::span<const std::remove_cvref_t<decltype(*std::data(elements))>>(elements));
}

}  // namespace mote
