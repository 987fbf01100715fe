// The rows of an ImportRequest straight from its bytes. An import has tens of millions of them, all
// alike: into records that are used again for each, without messages between, it costs a quarter.
// Only what is as usual is read this way (fields_in_order.h says what that is); all else, errors
// among it, is left to the library's parser and FromProto, which read every message. What both
// read, they read alike: tests/server/import_rows_test.cc holds them to it.
#ifndef LIANJIE_SERVER_IMPORT_ROWS_H_
#define LIANJIE_SERVER_IMPORT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/records.h"

namespace lianjie::server {

// From the bytes of a v1.Node or v1.Link: whether they are as usual. The record is then what
// FromProto gives of the message, whatever it was before; if not, it is not to be used.
bool ReadNode(std::string_view bytes, NodeRecord& node);
bool ReadLink(std::string_view bytes, LinkRecord& link);

// Where the rows of a chunk lie in its request's bytes, which must live as long. One thread; may be
// used again, and keeps its memory.
class ImportRows {
 public:
  // False: not a chunk with rows, all of them nodes or all links, that is as usual.
  bool Open(std::string_view request);

  std::string_view origin() const { return origin_; }
  bool are_links() const { return are_links_; }
  std::size_t size() const { return rows_.size(); }
  std::string_view operator[](std::size_t row) const { return rows_[row]; }
  // By row; empty where the chunk has none.
  const std::vector<std::int64_t>& line_numbers() const { return line_numbers_; }

 private:
  std::string_view origin_;
  bool are_links_ = false;
  std::vector<std::string_view> rows_;
  std::vector<std::int64_t> line_numbers_;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_IMPORT_ROWS_H_
