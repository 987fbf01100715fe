#include "engine/paths/path_table.h"

#include <utility>

namespace lianjie {

PathTable::PathTable(std::string unit) {
  table_.AddColumn("path", ColumnType::kInteger, "", "Number of the path, from 1.");
  table_.AddColumn("step", ColumnType::kInteger, "", "Number of the node on its path, from 0.");
  table_.AddColumn("node", ColumnType::kNode, "", "The node.");
  table_.AddColumn("link", ColumnType::kLink, "",
                   "The link by which the path comes to the node; null for the first node.");
  table_.AddColumn("distance", ColumnType::kNumber, std::move(unit),
                   "Length of the way from the path's first node.");
}

void PathTable::Add(std::int64_t path, std::int64_t step, NodeIndex node, LinkIndex link,
                    double distance) {
  table_.column(0).integers.push_back(path);
  table_.column(1).integers.push_back(step);
  table_.column(2).indices.push_back(node);
  table_.column(3).indices.push_back(link);
  table_.column(4).numbers.push_back(distance);
}

std::string WeightUnit(const std::string& column) {
  if (column == "none") return "links";
  return column.ends_with("_yuan") ? "yuan" : "";
}

}  // namespace lianjie
