// Input-output tables and other matrices: rows and columns are the same sectors, a cell is what one
// pays the other. Each sector becomes a node, each cell that is not zero a link. Sums over other
// columns (final use) or other rows (imports, value added) become fields of the nodes.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_MATRIX_MAPPER_H_
#define LIANJIE_CLIENTS_CLI_INPUT_MATRIX_MAPPER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "clients/cli/input/mapped_values.h"

namespace lianjie::cli {

// `matrix` must outlive the mapper. Errors as MakeMappedRows.
absl::StatusOr<std::unique_ptr<RowMapper>> MakeMatrixMapper(const MappingMatrix& matrix,
                                                            const CsvRow& header,
                                                            const HeaderIndex& index);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_MATRIX_MAPPER_H_
