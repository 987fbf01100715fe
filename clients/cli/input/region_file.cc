#include "clients/cli/input/region_file.h"

#include <memory>
#include <utility>
#include <variant>

#include "clients/cli/base/failure.h"
#include "clients/cli/input/bad_rows.h"
#include "clients/cli/input/byte_source.h"
#include "clients/cli/input/csv_reader.h"
#include "clients/cli/input/header_mapper.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {

absl::StatusOr<std::vector<RegionRecord>> ReadRegionFile(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenByteSource(path, {});
  if (!source.ok()) {
    const std::string message = Cat("--regions: ", path, ": ", source.status().message());
    return absl::IsNotFound(source.status()) ? absl::NotFoundError(message) : UsageError(message);
  }
  CsvReader reader(*std::move(source), DelimiterOf(path));
  const auto bad = [&](const absl::Status& status) {
    return BadDataError(FaultOf(path, status).ToString());
  };
  absl::StatusOr<bool> next = reader.Next();
  if (!next.ok()) return bad(next.status());
  if (!*next)
    return BadDataError(
        Cat(path, ":1:1: the file is empty: it must begin with a row of column names"));
  const absl::StatusOr<std::unique_ptr<RowMapper>> mapper =
      MakeHeaderMapper(RecordKind::kRegion, reader.row());
  if (!mapper.ok()) return bad(mapper.status());
  std::vector<RegionRecord> regions;
  MappedRecords records;
  while (true) {
    next = reader.Next();
    if (!next.ok()) return bad(next.status());
    if (!*next) return regions;
    records.clear();
    if (const absl::Status status = (*mapper)->Map(reader.row(), records); !status.ok())
      return bad(status);
    for (const MappedRecord& record : records) {
      if (const absl::Status status = CheckRecord(**mapper, record); !status.ok())
        return bad(status);
      regions.push_back(std::get<RegionRecord>(record.record));
    }
  }
}

}  // namespace lianjie::cli
