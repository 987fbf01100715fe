// A table of regions as it is imported, read whole.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_REGION_FILE_H_
#define LIANJIE_CLIENTS_CLI_INPUT_REGION_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/records.h"

namespace lianjie::cli {

// CSV or TSV, packed or not, with the columns code, parent, name, level. Errors: NOT_FOUND, or
// BadDataError beginning with file:line:column.
absl::StatusOr<std::vector<RegionRecord>> ReadRegionFile(const std::string& path);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_REGION_FILE_H_
