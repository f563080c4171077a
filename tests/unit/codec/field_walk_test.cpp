// FieldWalk finds what nanopb's iterator finds, in each of the four formats of descriptors.
#include "codec/field_walk.h"

#include <pb_common.h>

#include <array>
#include <cstdint>
#include <vector>

#include "echo.pb.h"
#include "fields.pb.h"
#include "kinds.pb.h"
#include "lists.pb.h"
#include "proto2.pb.h"
#include "support/cmocka_test.h"

namespace {

using namespace mote::codec;

// Returns the number of fields.
int compare(const pb_msgdesc_t& fields) {
  std::vector<std::uint8_t> message(0x20000);
  FieldWalk walk(fields, message.data());
  FieldView field;
  int found = 0;
  pb_field_iter_t expected;
  if (pb_field_iter_begin(&expected, &fields, message.data())) {
    do {
      assert_true(walk.next(field));
      ++found;
      assert_int_equal(field.type, expected.type);
      assert_int_equal(field.tag, expected.tag);
      assert_int_equal(field.data_size, expected.data_size);
      assert_ptr_equal(field.data, expected.pField);
      if (PB_HTYPE(field.type) == PB_HTYPE_SINGULAR) assert_ptr_equal(field.present, expected.pSize);
      if (expected.submsg_desc != nullptr) assert_ptr_equal(field.submessage, expected.submsg_desc);
    } while (pb_field_iter_next(&expected));
  }
  assert_false(walk.next(field));
  return found;
}

void test_generated_descriptors(void**) {
  assert_int_equal(compare(echo_EchoRequest_msg), echo_EchoRequest_msg.field_count);
  for (const pb_msgdesc_t* fields :
       {&echo_EchoReply_msg, &fields_Choice_msg, &kinds_Numbers_msg, &kinds_Arrays_msg, &kinds_Texts_msg,
        &kinds_Choice_msg, &kinds_Everything_msg, &kinds_Sized_msg, &kinds_Tree_msg, &lists_Lists_msg, &lists_Outer_msg,
        &proto2_Old_msg, &proto2_Pointed_msg}) {
    assert_in_range(compare(*fields), 1, 100);
  }
}

constexpr std::uint32_t kNumber = PB_ATYPE_STATIC | PB_HTYPE_SINGULAR | PB_LTYPE_UVARINT;
constexpr std::uint32_t kMessage = PB_ATYPE_STATIC | PB_HTYPE_SINGULAR | PB_LTYPE_SUBMESSAGE;

// Each value has all the bits that its format can hold.
void test_all_formats_with_their_largest_values(void**) {
  constexpr auto kInfo = std::to_array<std::uint32_t>({
      PB_FIELDINFO_1(63, kNumber, 255, 15, 15, 1)                  //
      PB_FIELDINFO_2(1023, kMessage, 0xFFFF, 0xFFF, 15, 1)         //
      PB_FIELDINFO_4(0xFFFD, kMessage, 0x12345, 0xFFFF, 127, 1)    //
      PB_FIELDINFO_8(0xFFFE, kNumber, 0x1FFFF, 0xFFFE, 1, 0xFFFF)  //
      PB_FIELDINFO_1(1, kNumber, 0, 1, 0, 1)                       //
  });
  constexpr std::array<const pb_msgdesc_t*, 2> kMessages = {&echo_EchoRequest_msg, &echo_EchoReply_msg};
  const pb_msgdesc_t fields = {kInfo.data(), kMessages.data(), nullptr, nullptr, 5, 0, 0xFFFE};
  assert_int_equal(compare(fields), 5);
}

void test_a_message_without_fields(void**) {
  const pb_msgdesc_t fields = {nullptr, nullptr, nullptr, nullptr, 0, 0, 0};
  assert_int_equal(compare(fields), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_generated_descriptors),
      cmocka_unit_test(test_all_formats_with_their_largest_values),
      cmocka_unit_test(test_a_message_without_fields),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
