// The HPACK coder of libnghttp2, the other opinion of the differential tests.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/span.h"
#include "support/hpack_feed.h"

namespace mote::test {

inline std::string text_of(Bytes bytes) {
  return std::string(as_text(bytes));
}

class Nghttp2Deflater {
 public:
  explicit Nghttp2Deflater(std::size_t max_table_bytes) {
    nghttp2_hd_deflater* deflater = nullptr;
    if (nghttp2_hd_deflate_new(&deflater, max_table_bytes) != 0) throw std::bad_alloc();
    deflater_.reset(deflater);
  }

  void set_max_table_bytes(std::size_t bytes) {
    if (nghttp2_hd_deflate_change_table_size(deflater_.get(), bytes) != 0) throw std::bad_alloc();
  }

  std::vector<std::uint8_t> encode(const std::vector<Field>& fields) {
    std::vector<std::vector<std::uint8_t>> strings;
    std::vector<nghttp2_nv> nvs;
    for (const Field& field : fields) {
      auto& name = strings.emplace_back(field.name.begin(), field.name.end());
      auto* name_bytes = name.data();
      auto& value = strings.emplace_back(field.value.begin(), field.value.end());
      nvs.push_back({name_bytes, value.data(), field.name.size(), field.value.size(),
                     static_cast<std::uint8_t>(field.never_indexed ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)});
    }
    std::vector<std::uint8_t> block(nghttp2_hd_deflate_bound(deflater_.get(), nvs.data(), nvs.size()));
    const ssize_t size = nghttp2_hd_deflate_hd(deflater_.get(), block.data(), block.size(), nvs.data(), nvs.size());
    if (size < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(size)));
    block.resize(static_cast<std::size_t>(size));
    return block;
  }

 private:
  struct Delete {
    void operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }
  };
  std::unique_ptr<nghttp2_hd_deflater, Delete> deflater_;
};

class Nghttp2Inflater {
 public:
  Nghttp2Inflater() {
    nghttp2_hd_inflater* inflater = nullptr;
    if (nghttp2_hd_inflate_new(&inflater) != 0) throw std::bad_alloc();
    inflater_.reset(inflater);
  }

  void set_max_table_bytes(std::size_t bytes) {
    if (nghttp2_hd_inflate_change_table_size(inflater_.get(), bytes) != 0) throw std::bad_alloc();
  }

  DecodedBlock decode(Bytes block) {
    DecodedBlock decoded;
    for (;;) {
      nghttp2_nv nv = {};
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, block.data(), block.size(), 1);
      if (used < 0) {
        decoded.accepted = false;
        return decoded;
      }
      block = block.subspan(static_cast<std::size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        decoded.fields.push_back({text_of({nv.name, nv.namelen}), text_of({nv.value, nv.valuelen}),
                                  (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0});
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return decoded;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && block.empty()) {
        decoded.accepted = false;
        return decoded;
      }
    }
  }

  // The dynamic table, the newest entry first.
  [[nodiscard]] std::vector<Field> table_content() const {
    constexpr std::size_t kFirst = 62;
    std::vector<Field> content;
    for (std::size_t i = kFirst; i <= nghttp2_hd_inflate_get_num_table_entries(inflater_.get()); ++i) {
      const nghttp2_nv* nv = nghttp2_hd_inflate_get_table_entry(inflater_.get(), i);
      content.push_back({text_of({nv->name, nv->namelen}), text_of({nv->value, nv->valuelen})});
    }
    return content;
  }

  [[nodiscard]] std::size_t table_size() const { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get()); }
  [[nodiscard]] std::size_t max_table_size() const {
    return nghttp2_hd_inflate_get_max_dynamic_table_size(inflater_.get());
  }

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
};

}  // namespace mote::test
