#include "services/reflection.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "described.mote.h"
#include "grpc/reflection/v1/reflection.mote.h"
#include "mote/testing/method_call.h"
#include "services/health.h"
#include "support/cmocka_test.h"
#include "support/lines.h"

namespace {

using namespace mote;
using namespace mote::test;
using Request = grpc_reflection_v1_ServerReflectionRequest;
using Response = grpc_reflection_v1_ServerReflectionResponse;

class Described : public described::v1::DescribedService<Described> {
 public:
  // NOLINTNEXTLINE(readability-identifier-naming): the name of the method
  static Status Look(Call&, const described::v1::Outer&, described::v1::OuterSpace&) { return {}; }
};

const std::vector<rpc::Service>& all_services() {
  static Described described;
  static const std::vector<rpc::Service> kAll = [] {
    const std::array reflection = services::reflection();
    std::vector<rpc::Service> made = {described.rpc_service(), services::health(), reflection[0], reflection[1]};
    services::describe(made);
    return made;
  }();
  return kAll;
}

Request ask_nothing() {
  Request request{};
  request.host = codec::field_of("gateway");
  return request;
}

Request ask_file(std::string_view name) {
  Request request = ask_nothing();
  request.which_message_request = grpc_reflection_v1_ServerReflectionRequest_file_by_filename_tag;
  request.message_request.file_by_filename = codec::field_of(name);
  return request;
}

Request ask_symbol(std::string_view name) {
  Request request = ask_nothing();
  request.which_message_request = grpc_reflection_v1_ServerReflectionRequest_file_containing_symbol_tag;
  request.message_request.file_containing_symbol = codec::field_of(name);
  return request;
}

Request ask_extension(std::string_view type, std::int32_t number) {
  Request request = ask_nothing();
  request.which_message_request = grpc_reflection_v1_ServerReflectionRequest_file_containing_extension_tag;
  request.message_request.file_containing_extension = {.containing_type = codec::field_of(type),
                                                       .extension_number = number};
  return request;
}

Request ask_numbers(std::string_view type) {
  Request request = ask_nothing();
  request.which_message_request = grpc_reflection_v1_ServerReflectionRequest_all_extension_numbers_of_type_tag;
  request.message_request.all_extension_numbers_of_type = codec::field_of(type);
  return request;
}

Request ask_services() {
  Request request = ask_nothing();
  request.which_message_request = grpc_reflection_v1_ServerReflectionRequest_list_services_tag;
  return request;
}

std::string text_of(const mote_bytes& value) {
  std::string text(mote_bytes_size(&value), '\0');
  mote_bytes_copy(&value, text.data(), text.size());
  return text;
}

// The names of the files of a response, in its order; each descriptor begins with its name.
Lines files_of(const Response& response) {
  Lines names;
  assert_int_equal(response.which_message_response,
                   grpc_reflection_v1_ServerReflectionResponse_file_descriptor_response_tag);
  for (const mote_bytes& file : response.message_response.file_descriptor_response.file_descriptor_proto) {
    const std::string bytes = text_of(file);
    names.push_back(bytes.substr(2, static_cast<std::uint8_t>(bytes[1])));
  }
  return names;
}

// One call of reflection.
struct Reflection {
  explicit Reflection(std::string_view version = "v1")
      : server{.services = rpc::ServiceTable(all_services())},
        asked(*server.services.find_method("/grpc.reflection." + std::string(version) +
                                           ".ServerReflection/ServerReflectionInfo"),
              server) {
    asked.open();
  }
  // The response to the only request.
  Response answer(const Request& request) {
    asked.request(request);
    assert_int_equal(asked.call.replies.size(), 1);
    const auto response = asked.call.reply<Response>(0);
    assert_true(codec::equal(response.valid_host, "gateway"));
    assert_true(response.has_original_request);
    assert_int_equal(response.original_request.which_message_request, request.which_message_request);
    return response;
  }

  rpc::Server server;
  testing::MethodCall asked;
};

Response answer(const Request& request) {
  static std::vector<std::unique_ptr<Reflection>> calls;  // The strings of a response are in its call.
  calls.push_back(std::make_unique<Reflection>());
  return calls.back()->answer(request);
}

void expect_error(const Request& request, rpc::StatusCode code, std::string_view message) {
  const Response response = answer(request);
  assert_int_equal(response.which_message_response, grpc_reflection_v1_ServerReflectionResponse_error_response_tag);
  assert_int_equal(response.message_response.error_response.error_code, static_cast<int>(code));
  assert_string_equal(text_of(response.message_response.error_response.error_message).c_str(),
                      std::string(message).c_str());
}

void test_services(void**) {
  const Response response = answer(ask_services());
  assert_int_equal(response.which_message_response,
                   grpc_reflection_v1_ServerReflectionResponse_list_services_response_tag);
  Lines names;
  for (const auto& service : response.message_response.list_services_response.service)
    names.push_back(text_of(service.name));
  expect(names, {"described.v1.Described", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                 "grpc.reflection.v1alpha.ServerReflection"});
}

void test_both_versions_answer_the_same(void**) {
  for (const Request& request : {ask_services(), ask_symbol("described.v1.Outer"), ask_file("none"), ask_nothing()}) {
    Reflection v1;
    Reflection alpha("v1alpha");
    v1.asked.request(request);
    alpha.asked.request(request);
    assert_int_equal(v1.asked.call.replies.size(), 1);
    assert_true(v1.asked.call.replies == alpha.asked.call.replies);
  }
}

const Lines kAllFiles = {"described.proto", "google/protobuf/descriptor.proto", "google/protobuf/struct.proto",
                         "google/protobuf/timestamp.proto"};

void test_files_with_their_imports(void**) {
  expect(files_of(answer(ask_file("described.proto"))), kAllFiles);
  expect(files_of(answer(ask_file("google/protobuf/struct.proto"))), {"google/protobuf/struct.proto"});
  expect(files_of(answer(ask_symbol("described.v1.Outer.Inner"))), kAllFiles);
  expect(files_of(answer(ask_symbol("described.v1.Described.Look"))), kAllFiles);
  expect(files_of(answer(ask_symbol("google.protobuf.Timestamp"))), {"google/protobuf/timestamp.proto"});
  expect(files_of(answer(ask_symbol("grpc.health.v1.Health"))), {"grpc/health/v1/health.proto"});
  expect(files_of(answer(ask_symbol("grpc.reflection.v1.ServerReflection"))), {"grpc/reflection/v1/reflection.proto"});
  expect(files_of(answer(ask_symbol("grpc.reflection.v1alpha.ErrorResponse"))),
         {"grpc/reflection/v1alpha/reflection.proto"});
}

void test_extensions(void**) {
  expect(files_of(answer(ask_extension("google.protobuf.FieldOptions", 50001))), kAllFiles);
  expect(files_of(answer(ask_extension("google.protobuf.MessageOptions", 50003))), kAllFiles);
  expect_error(ask_extension("google.protobuf.FieldOptions", 50003), rpc::StatusCode::NotFound,
               "no such extension of google.protobuf.FieldOptions");
  expect_error(ask_extension("x", 50001), rpc::StatusCode::NotFound, "no such extension of x");
}

void test_extension_numbers(void**) {
  const auto numbers_of = [](std::string_view type) {
    const Response response = answer(ask_numbers(type));
    assert_int_equal(response.which_message_response,
                     grpc_reflection_v1_ServerReflectionResponse_all_extension_numbers_response_tag);
    const auto& found = response.message_response.all_extension_numbers_response;
    assert_true(codec::equal(found.base_type_name, type));
    Lines lines;
    for (const std::int32_t number : found.extension_number)
      lines.push_back(std::to_string(number));
    return lines;
  };
  expect(numbers_of("google.protobuf.FieldOptions"), {"50001", "50002"});
  expect(numbers_of("google.protobuf.MessageOptions"), {"50003"});
  expect(numbers_of("described.v1.Outer"), {});
  expect_error(ask_numbers("described.v1.Color"), rpc::StatusCode::NotFound, "no message described.v1.Color");
}

void test_errors_leave_the_call_open(void**) {
  expect_error(ask_file("echo.proto"), rpc::StatusCode::NotFound, "no file echo.proto");
  expect_error(ask_symbol("described.v1"), rpc::StatusCode::NotFound, "no symbol described.v1");
  expect_error(ask_symbol(""), rpc::StatusCode::NotFound, "no symbol ");
  expect_error(ask_nothing(), rpc::StatusCode::InvalidArgument, "the request asks for nothing that this server knows");
  Reflection reflection;
  reflection.asked.request(ask_file("none"));
  reflection.asked.request(ask_services());
  assert_int_equal(reflection.asked.call.replies.size(), 2);
  assert_false(reflection.asked.call.finished());
  reflection.asked.half_close();
  assert_true(reflection.asked.call.status == rpc::StatusCode::Ok);
}

void test_requests_wait_for_the_peer(void**) {
  Reflection reflection;
  testing::FakeCall& call = reflection.asked.call;
  call.room = 1;
  reflection.asked.request(ask_services());
  reflection.asked.request(ask_file("described.proto"));
  reflection.asked.request(ask_symbol("grpc.health.v1.Health"));
  reflection.asked.half_close();
  assert_int_equal(call.replies.size(), 1);
  assert_false(call.finished());
  call.room = 1;
  reflection.asked.ready();
  assert_int_equal(call.replies.size(), 2);
  expect(files_of(call.reply<Response>(1)), kAllFiles);
  assert_false(call.finished());
  call.room = 1;
  reflection.asked.ready();
  expect(files_of(call.reply<Response>(2)), {"grpc/health/v1/health.proto"});
  assert_true(codec::equal(call.reply<Response>(2).original_request.host, "gateway"));
  assert_true(call.status == rpc::StatusCode::Ok);
}

void test_the_size_of_requests_that_wait(void**) {
  const std::string longest(1024 - 12, 'x');  // The host and the tags take 12 bytes.
  for (const bool fits : {true, false}) {
    Reflection reflection;
    testing::FakeCall& call = reflection.asked.call;
    call.room = 0;
    reflection.asked.request(ask_symbol(longest + (fits ? "" : "x")));
    if (fits) {
      assert_false(call.finished());
      call.room = 1;
      reflection.asked.ready();
      assert_int_equal(call.replies.size(), 1);
    } else {
      assert_true(call.status == rpc::StatusCode::ResourceExhausted);
      assert_string_equal(call.status_message.c_str(),
                          "a reflection request of more than 1024 bytes cannot wait for the responses before it");
    }
  }
}

void test_no_memory(void**) {
  for (const std::size_t room : {std::size_t{0}, SIZE_MAX}) {
    Reflection reflection;
    reflection.asked.call.room = room;
    reflection.asked.call.memory = 0;
    reflection.asked.request(ask_services());
    assert_true(reflection.asked.call.status == rpc::StatusCode::ResourceExhausted);
    reflection.asked.ready();
    assert_int_equal(reflection.asked.call.replies.size(), 0);
  }
}

// The response to the only request of a server with these services.
template <std::size_t count>
testing::FakeCall& asked_of(const std::array<rpc::Service, count>& services, const Request& request) {
  static std::vector<std::unique_ptr<rpc::Server>> servers;
  static std::vector<std::unique_ptr<testing::MethodCall>> calls;
  services::describe(services);
  servers.push_back(std::make_unique<rpc::Server>(rpc::Server{.services = rpc::ServiceTable(services)}));
  calls.push_back(std::make_unique<testing::MethodCall>(services::reflection()[0].methods[0], *servers.back()));
  calls.back()->open();
  calls.back()->request(request);
  services::describe(all_services());
  return calls.back()->call;
}

// A service that a program made without protoc-gen-mote is listed, and has no file. Those of other services are not known.
void test_a_service_without_a_descriptor(void**) {
  const std::array services = {rpc::Service{.name = "own.Service", .methods = {}}, services::reflection()[0]};
  assert_int_equal(
      asked_of(services, ask_services()).reply<Response>(0).message_response.list_services_response.service.size(), 2);
  for (const Request& request : {ask_symbol("own.Service"), ask_symbol("described.v1.Outer")}) {
    assert_int_equal(asked_of(services, request).reply<Response>(0).message_response.error_response.error_code,
                     static_cast<int>(rpc::StatusCode::NotFound));
  }
}

void test_each_service_has_its_method(void**) {
  for (const rpc::Service& service : services::reflection()) {
    assert_int_equal(service.methods.size(), 1);
    assert_true(service.methods[0].path.starts_with("/" + std::string(service.name) + "/"));
  }
}

// The size of a name may need more than one byte.
void test_names_of_any_size(void**) {
  for (std::size_t size = 120; size < 140; ++size) {
    const std::string name(size, 's');
    const std::array services = {rpc::Service{.name = name, .methods = {}}};
    const auto response = asked_of(services, ask_services()).reply<Response>(0);
    const auto& found = response.message_response.list_services_response.service;
    assert_int_equal(found.size(), 1);
    for (const auto& service : found)
      assert_true(codec::equal(service.name, name));
  }
}

// A file "a" of the package "a" that declares a message M; the same for others.
struct OwnFile {
  OwnFile(char name, std::vector<const descriptors::FileDescriptor*> needed, std::string_view more = {})
      : text(std::string("\x0a\x01") + name + "\x12\x01" + name + "\x22\x03\x0a\x01M" + std::string(more)),
        imports(std::move(needed)),
        file{.name = std::string_view(text).substr(2, 1), .bytes = as_bytes(text), .imports = imports} {}

  std::string text;
  std::vector<const descriptors::FileDescriptor*> imports;
  descriptors::FileDescriptor file;
};

// Each file of a tree of imports once, whatever was asked before.
void test_files_that_import_the_same(void**) {
  const OwnFile e('e', {});
  const OwnFile c('c', {});
  const OwnFile d('d', {&c.file, &e.file});
  const OwnFile b('b', {&c.file});
  const OwnFile x('x', {});
  const OwnFile a('a', {&x.file, &b.file, &d.file});
  const std::array services = {rpc::Service{.name = "own.Service", .methods = {}, .file = &a.file}};
  for (int i = 0; i < 2; ++i) {
    expect(files_of(asked_of(services, ask_symbol("a.M")).reply<Response>(0)), {"a", "x", "b", "d", "c", "e"});
    expect(files_of(asked_of(services, ask_file("b")).reply<Response>(0)), {"b", "c"});
  }
  services::describe(services);
  Reflection both;
  both.asked.request(ask_file("a"));
  both.asked.request(ask_file("b"));
  expect(files_of(both.asked.call.reply<Response>(1)), {"b", "c"});
  both.asked.request(ask_file("x"));
  expect(files_of(both.asked.call.reply<Response>(2)), {"x"});
  services::describe(all_services());
}

// Once, though two services have the file; with the fewest bytes.
void test_numbers_of_any_size(void**) {
  const OwnFile own('a', {},
                    "\x3a\x08\x12\x04.a.M\x18\x7f"
                    "\x3a\x09\x12\x04.a.M\x18\x80\x01"
                    "\x3a\x09\x12\x04.a.M\x18\x81\x01"
                    "\x3a\x0a\x12\x04.a.M\x18\x80\x80\x01");
  const std::array services = {rpc::Service{.name = "own.Service", .methods = {}, .file = &own.file},
                               rpc::Service{.name = "own.Other", .methods = {}, .file = &own.file}};
  testing::FakeCall& call = asked_of(services, ask_numbers("a.M"));
  Lines lines;
  const auto response = call.reply<Response>(0);
  for (const std::int32_t number : response.message_response.all_extension_numbers_response.extension_number)
    lines.push_back(std::to_string(number));
  expect(lines, {"16384", "129", "128", "127"});
  assert_true(call.replies[0].find("\x12\x08\x80\x80\x01\x81\x01\x80\x01\x7f") != std::string::npos);
  // The extensions of the services before are known again, and only once.
  const auto again = answer(ask_numbers("google.protobuf.FieldOptions"));
  assert_int_equal(again.message_response.all_extension_numbers_response.extension_number.size(), 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_services),
      cmocka_unit_test(test_both_versions_answer_the_same),
      cmocka_unit_test(test_files_with_their_imports),
      cmocka_unit_test(test_extensions),
      cmocka_unit_test(test_extension_numbers),
      cmocka_unit_test(test_errors_leave_the_call_open),
      cmocka_unit_test(test_requests_wait_for_the_peer),
      cmocka_unit_test(test_the_size_of_requests_that_wait),
      cmocka_unit_test(test_no_memory),
      cmocka_unit_test(test_a_service_without_a_descriptor),
      cmocka_unit_test(test_each_service_has_its_method),
      cmocka_unit_test(test_names_of_any_size),
      cmocka_unit_test(test_files_that_import_the_same),
      cmocka_unit_test(test_numbers_of_any_size),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
