#include "nghttp2_peer.h"

#include <algorithm>
#include <string_view>

#include "http2/constants.h"
#include "support/cmocka_test.h"
#include "support/seed.h"

namespace mote::test {
namespace {

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// nghttp2 takes pointers to bytes that it does not change.
std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

std::vector<nghttp2_nv> name_values(const Fields& fields, std::mt19937& random) {
  std::vector<nghttp2_nv> result;
  for (const auto& [name, value] : fields) {
    nghttp2_nv field{};
    field.name = bytes_of(name);
    field.namelen = name.size();
    field.value = bytes_of(value);
    field.valuelen = value.size();
    field.flags = pick(random, 3) == 0 ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    result.push_back(field);
  }
  return result;
}

std::string error_name(std::uint32_t code) {
  return std::string(name(static_cast<http2::ErrorCode>(code)));
}

}  // namespace

struct Nghttp2Peer::Callbacks {
  static Nghttp2Peer& self(void* user) { return *static_cast<Nghttp2Peer*>(user); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    std::string line = "field " + std::to_string(frame->hd.stream_id) + ' ';
    line.append(text(name, name_size)).append(": ").append(text(value, value_size));
    self(user).lines.push_back(std::move(line));
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Nghttp2Peer& peer = self(user);
    const std::int32_t id = frame->hd.stream_id;
    const std::string stream = std::to_string(id);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        peer.lines.emplace_back(peer.sections_[id]++ == 0 ? "section " : "trailers ").append(stream);
        break;
      case NGHTTP2_RST_STREAM:
        peer.lines.push_back("reset " + stream + ' ' + error_name(frame->rst_stream.error_code) + " by peer");
        break;
      case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK) peer.lines.emplace_back("ping ack");
        break;
      case NGHTTP2_GOAWAY:
        peer.lines.push_back("goaway " + std::to_string(frame->goaway.last_stream_id) + ' ' +
                             error_name(frame->goaway.error_code));
        break;
      default:
        break;
    }
    const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (message && frame->hd.flags & NGHTTP2_FLAG_END_STREAM) peer.lines.push_back("half-close " + stream);
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    std::string line = "data " + std::to_string(stream) + ' ';
    line.append(text(bytes, size));
    self(user).lines.push_back(std::move(line));
    self(user).unconsumed_[stream] += size;
    return 0;
  }

  static int sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_GOAWAY) return 0;
    self(user).error_ = frame->goaway.error_code;
    self(user).reason_ = text(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
    return 0;
  }

  static ssize_t padding(nghttp2_session*, const nghttp2_frame* frame, std::size_t most, void* user) {
    Nghttp2Peer& peer = self(user);
    const std::size_t size = frame->hd.length;
    if (!peer.pads_ || pick(peer.random_, 1) == 0) return static_cast<ssize_t>(size);
    return static_cast<ssize_t>(size + pick(peer.random_, std::min<std::size_t>(most - size, 255)));
  }

  // DATA in pieces of any size; at times there is none for a while.
  static ssize_t read(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t most,
                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Nghttp2Peer& peer = self(user);
    Sending& sending = peer.sending(stream);
    const std::size_t left = sending.message.data.size() - sending.sent;
    if (left > 0 && pick(peer.random_, 4) == 0) {
      sending.waiting = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    const std::size_t size = std::min(left, pick(peer.random_, most));
    std::copy_n(sending.message.data.begin() + static_cast<std::ptrdiff_t>(sending.sent), size, to);
    sending.sent += size;
    if (size < left) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!sending.message.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::vector<nghttp2_nv> trailers = name_values(sending.message.trailers, peer.random_);
      assert_int_equal(nghttp2_submit_trailer(session, stream, trailers.data(), trailers.size()), 0);
    }
    return static_cast<ssize_t>(size);
  }
};

Nghttp2Peer::Nghttp2Peer(const Choices& choices, std::mt19937& random) : random_(random), pads_(choices.pads) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::sent);
  nghttp2_session_callbacks_set_select_padding_callback(callbacks, Callbacks::padding);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  if (!choices.consumes_at_once) nghttp2_option_set_no_auto_window_update(option, 1);
  auto* make = choices.server ? nghttp2_session_server_new2 : nghttp2_session_client_new2;
  make(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  settings(choices.settings);
}

Nghttp2Peer::~Nghttp2Peer() {
  nghttp2_session_del(session_);
}

nghttp2_data_provider Nghttp2Peer::provider() {
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read;
  return provider;
}

std::int32_t Nghttp2Peer::request(const Message& message) {
  const std::vector<nghttp2_nv> fields = name_values(message.headers, random_);
  const nghttp2_data_provider data = provider();
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &data, nullptr);
  assert_true(id > 0);
  sending_[id] = {message};
  return id;
}

void Nghttp2Peer::respond(std::int32_t stream, const Message& message) {
  const std::vector<nghttp2_nv> fields = name_values(message.headers, random_);
  const nghttp2_data_provider data = provider();
  sending_[stream] = {message};
  nghttp2_submit_response(session_, stream, fields.data(), fields.size(), &data);
}

void Nghttp2Peer::reset(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
}

void Nghttp2Peer::settings(const std::vector<nghttp2_settings_entry>& entries) {
  assert_int_equal(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size()), 0);
}

void Nghttp2Peer::ping(std::uint64_t payload) {
  Octets bytes;
  put(bytes, payload, 8);
  assert_int_equal(nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, bytes.data()), 0);
}

void Nghttp2Peer::goaway() {
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  assert_int_equal(nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0), 0);
}

void Nghttp2Peer::consume() {
  for (auto& [stream, size] : unconsumed_) {
    const std::size_t part = pick(random_, size);
    nghttp2_session_consume(session_, stream, part);
    size -= part;
  }
  for (auto& [stream, sending] : sending_) {
    if (std::exchange(sending.waiting, false)) nghttp2_session_resume_data(session_, stream);
  }
}

bool Nghttp2Peer::feed(const Octets& bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken >= 0) return taken == static_cast<ssize_t>(bytes.size());
  error_ = NGHTTP2_PROTOCOL_ERROR;
  reason_ = nghttp2_strerror(static_cast<int>(taken));
  return false;
}

Octets Nghttp2Peer::output() {
  Octets all;
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) return all;
    all = std::move(all) + octets(text(bytes, static_cast<std::size_t>(size)));
  }
}

bool Nghttp2Peer::idle(std::int32_t stream) const {
  nghttp2_stream* found = nghttp2_session_find_stream(session_, stream);
  if (found == nullptr) return true;
  const nghttp2_stream_proto_state state = nghttp2_stream_get_state(found);
  return state == NGHTTP2_STREAM_STATE_CLOSED || state == NGHTTP2_STREAM_STATE_IDLE;
}

}  // namespace mote::test
