#include "engine/graph/analysis.h"

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

absl::Status NodeNotFound(std::string_view field, std::string_view id, std::string_view why) {
  return MakeError(absl::StatusCode::kNotFound, Cat("node '", id, "' ", why),
                   {.reason = Reason::kNodeNotFound,
                    .field = std::string(field),
                    .row = {},
                    .metadata = {{"node", std::string(id)}}});
}

std::string Days(const View& view) {
  if (!view.period().has_value()) return Cat("on ", view.as_of().ToString());
  return Cat("between ", view.period()->from.ToString(), " and ", view.as_of().ToString());
}

}  // namespace

absl::StatusOr<NodeIndex> FindNodeInside(const View& view, std::string_view field,
                                         std::string_view id) {
  if (id.empty()) return InvalidField(field, "needs the id of a node");
  const NodeIndex node = view.snapshot().FindNode(id);
  if (node == kNoNode) return NodeNotFound(field, id, "does not exist");
  if (!view.NodeActive(node)) return NodeNotFound(field, id, Cat("is not valid ", Days(view)));
  if (!view.NodeInside(node)) return NodeNotFound(field, id, "lies outside the filter or region");
  return node;
}

}  // namespace lianjie
