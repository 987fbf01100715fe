#include "tests/engine/support/snapshot_bytes.h"

#include "engine/core/text.h"
#include "engine/graph/columns.h"

namespace lianjie::testing {

std::string BytesOf(const Snapshot& s) {
  std::string bytes;
  const auto add = [&bytes](auto, const auto& column) {
    bytes += Cat("[", column.size(), "]");
    for (std::size_t i = 0; i < column.size(); ++i) {
      const auto value = column[i];
      bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
  };
  const auto add_interned = [&](const InternedColumn& column) {
    add(0, column.codes);
    for (const std::string& value : column.values) bytes += Cat(value, "|");
  };
  columns::ForEachNodeColumn(add, s.nodes());
  columns::ForEachLinkColumn(add, s.links());
  add_interned(s.nodes().subtype), add_interned(s.nodes().industry);
  add_interned(s.nodes().labels), add_interned(s.links().product), add_interned(s.links().policy);
  for (NodeIndex n = 0; n < s.node_count(); ++n) {
    bytes += Cat(s.NodeId(n), " ", s.out_begin(n), " ", s.out_end(n));
    for (const LinkIndex l : s.in_links(n)) bytes += Cat(" ", l);
  }
  for (LinkIndex l = 0; l < s.link_count(); ++l) bytes += Cat(s.LinkId(l), " ");
  for (RegionIndex r = 0; r < s.regions().size(); ++r) {
    bytes += Cat(s.regions().code(r), " ", s.NodesOf(r).first, " ", s.NodesOf(r).second, " ");
  }
  for (const LineRecord& line : s.lines()) {
    bytes += Cat(line.region, " ", line.year, " ", line.line_yuan.value_or(-1), " ",
                 line.minimum_benefit_yuan.value_or(-1), " ");
  }
  bytes += Cat(s.revision(), " ", s.reference_date().days);
  return bytes;
}

}  // namespace lianjie::testing
