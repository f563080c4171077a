// Messages whose type is known at run time: JSON to protobuf and back, in the mapping of protobuf
// (https://protobuf.dev/programming-guides/json/), except that well-known types are written as the fields that they have.
#pragma once

#include <array>
#include <cstdio>
#include <string_view>

#include "mote-device/field_writer.h"
#include "mote-device/json_reader.h"
#include "mote-device/schema.h"
#include "mote/span.h"

namespace mote::tool {

// Encodes one JSON object as a message. Names of fields may be those of JSON or of the .proto file.
class JsonEncoder {
 public:
  // Both must outlive the encoder.
  JsonEncoder(const Schema& schema, std::string_view json) : schema_(schema), json_(json) {}

  // Writes the message `type`. False: error() says why.
  bool encode(Declaration type, FieldWriter& out);
  // What is wrong, and the name that it is about, which may be empty. `position` is the place in the JSON.
  [[nodiscard]] std::string_view error() const { return error_; }
  [[nodiscard]] std::string_view subject() const { return subject_; }
  [[nodiscard]] std::size_t position() const { return json_.position(); }

 private:
  static constexpr unsigned kMostDepth = 100;

  bool object(Declaration type, FieldWriter& out, unsigned depth);
  bool field(const FieldInfo& field, FieldWriter& out, unsigned depth);
  bool map(const FieldInfo& field, Declaration entry, FieldWriter& out, unsigned depth);
  bool value(const FieldInfo& field, FieldWriter& out, unsigned depth);
  bool number(const FieldInfo& field, std::string_view text, FieldWriter& out);
  bool floating(const FieldInfo& field, std::string_view text, FieldWriter& out);
  bool enumerator(const FieldInfo& field, std::string_view name, FieldWriter& out);
  bool base64(const FieldInfo& field, FieldWriter& out);
  bool fail(std::string_view error, std::string_view subject = {});

  const Schema& schema_;
  JsonReader json_;
  std::string_view error_;
  std::string_view subject_;
  std::array<char, 256> unknown_{};  // The name of a field that is not there.
};

// Prints the message `type` as a JSON object, with two spaces for each level. Fields that the message omits are omitted.
void put_message(const Schema& schema, Declaration type, Bytes message, std::FILE* out);

}  // namespace mote::tool
