// The table of every analysis that answers with paths: one row a node of a path, `path, step, node,
// link, distance`.
#ifndef LIANJIE_ENGINE_PATHS_PATH_TABLE_H_
#define LIANJIE_ENGINE_PATHS_PATH_TABLE_H_

#include <cstdint>
#include <string>

#include "engine/core/ids.h"
#include "engine/core/table.h"

namespace lianjie {

// Fills the five columns. Paths are numbered from 1, steps from 0 (the first node, which no link
// leads to: null).
class PathTable {
 public:
  // `unit` of the column distance: "links" or the weight's.
  explicit PathTable(std::string unit);

  // `distance` is the way from the path's first node to this one.
  void Add(std::int64_t path, std::int64_t step, NodeIndex node, LinkIndex link, double distance);

  Table Take() && { return std::move(table_); }
  Table& table() { return table_; }

 private:
  Table table_;
};

// "yuan" for the columns of money, "links" for "none", else "".
std::string WeightUnit(const std::string& column);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_PATH_TABLE_H_
