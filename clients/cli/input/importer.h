// One load: files in, one Import call out. Rows are read, mapped and sent in chunks while the
// server takes them; nothing is applied before the end is said, so a bad row, an interrupt or a
// lost connection leaves the graph as it was.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_IMPORTER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_IMPORTER_H_

#include <grpcpp/impl/channel_interface.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/input/row_mapper.h"
#include "lianjie/v1/transfer.pb.h"

namespace lianjie::cli {

class Mapping;

struct ImportInput {
  std::string path;
  // What the rows are when no mapping speaks of the file; none: a mapping must.
  std::optional<RecordKind> kind;
};

struct ImportSettings {
  std::string graph;
  std::string request_id;  // empty: each load is new
  std::vector<ImportInput> inputs;
  const Mapping* mapping = nullptr;
  bool update_existing = false;
  std::string bad_rows_path;  // empty: the first bad row ends the load
  std::string encoding;
  char delimiter = 0;  // 0: by the file's name
  // Called now and then with bytes read and bytes of all files (0: not known), and the rows so far.
  std::function<void(std::uint64_t done, std::uint64_t total, std::int64_t rows)> progress;
  // Called a few times a second when all rows are sent, while the server checks and writes them.
  std::function<void(std::int64_t rows)> waiting;
};

struct ImportOutcome {
  v1::ImportResponse response;
  std::int64_t bad_rows = 0;  // put aside here and by the server
  std::int64_t bad_rows_listed = 0;
};

// Errors in the files are BadDataError beginning with file:line:column; others are the service's.
absl::StatusOr<ImportOutcome> RunImport(grpc::ChannelInterface& channel,
                                        const ImportSettings& settings);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_IMPORTER_H_
