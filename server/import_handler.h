// One Import call: options, then chunks, then the end. Rows go to a storage::Load as they come, a
// chunk a block; nothing is visible before the end.
#ifndef LIANJIE_SERVER_IMPORT_HANDLER_H_
#define LIANJIE_SERVER_IMPORT_HANDLER_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/records.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/import_rows.h"
#include "server/loads.h"
#include "storage/store.h"

namespace lianjie::server {

// One call's state; used from one thread at a time.
class ImportHandler {
 public:
  ImportHandler(storage::Store& store, Loads& loads) : store_(store), loads_(loads) {}

  // A v1.ImportRequest of at most `most_bytes`; errors as ParseMessage's, and those of its rows.
  absl::Status Take(const grpc::ByteBuffer& bytes, std::size_t most_bytes);
  // INVALID_ARGUMENT when the end was not sent: a broken stream applies nothing.
  absl::StatusOr<v1::ImportResponse> Finish();

 private:
  // A chunk as import_rows.h reads it; nothing where it does not, and none of its rows was taken.
  std::optional<absl::Status> TakeRows(std::string_view message);
  // Any message.
  absl::Status TakeMessage(const v1::ImportRequest& message);
  // Where the next message may be parsed into: most are alike, and find the memory of the last.
  v1::ImportRequest& NextMessage();
  absl::Status Begin(const v1::ImportOptions& options);
  absl::Status AddChunk(const v1::ImportChunk& chunk);
  template <typename Messages, typename Add>
  absl::Status AddRows(const Messages& rows, const v1::ImportChunk& chunk, std::uint32_t origin,
                       Add add);
  absl::Status AddBlock(std::unique_ptr<storage::RowBlock> block);
  std::uint32_t OriginOf(std::string_view name);
  // The load's error with the row's origin and line in its metadata.
  absl::Status Locate(const absl::Status& status, const storage::RowOrigin& origin) const;

  storage::Store& store_;
  Loads& loads_;
  std::unique_ptr<v1::ImportRequest> message_;
  int messages_ = 0;  // that were parsed into it
  ImportRows rows_;   // of the message at hand,
  NodeRecord node_;   // and one of them
  LinkRecord link_;
  std::shared_ptr<LoadState> state_;  // outlives load_, which writes to it
  std::unique_ptr<storage::Load> load_;
  bool skip_bad_rows_ = false;
  std::uint64_t max_bad_rows_ = 0;
  bool ended_ = false;
  std::int64_t row_count_ = 0;
  std::vector<std::string> origins_;
  std::vector<std::int64_t> origin_rows_;      // rows seen of each, for chunks without line numbers
  std::vector<storage::RowError> unreadable_;  // rows that are no records at all
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_IMPORT_HANDLER_H_
