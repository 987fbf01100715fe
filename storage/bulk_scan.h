// The BulkScan of store.h over any map.
#ifndef LIANJIE_STORAGE_BULK_SCAN_H_
#define LIANJIE_STORAGE_BULK_SCAN_H_

#include <cstddef>
#include <memory>

#include "storage/graph_data.h"
#include "storage/store.h"

namespace lianjie::storage {

// `owner` keeps alive what `data` looks at; `next_node` is above all numbers of nodes.
std::unique_ptr<BulkScan> MakeBulkScan(std::shared_ptr<const void> owner, const GraphData& data,
                                       Number next_node, std::size_t most_parts);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_BULK_SCAN_H_
