// The long form of a decomposition: a row for each household and who paid it last.
#include "engine/core/status.h"
#include "engine/flow/benefit_parts.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

// A row, and as much again while the columns move to a larger place.
constexpr std::uint64_t kPayerRowBytes = 2 * (2 * sizeof(NodeIndex) + sizeof(double));

}  // namespace

absl::Status AddPayerRows(const FlowModel& model, const NodeRows& rows, Table& table,
                          RunContext& context) {
  const Snapshot& graph = model.snapshot();
  table.AddColumn("node", ColumnType::kNode, "", "Household.");
  table.AddColumn("payer", ColumnType::kNode, "",
                  "Organisation that paid last; none where no organisation is behind it.");
  table.AddColumn("benefit_yuan", ColumnType::kNumber, "yuan", "Benefit that came from it.");
  GrowingBooking booking(context, kPayerRowBytes);
  std::uint64_t links = 0;  // seen, for the progress
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const NodeIndex n = rows.Node(row);
    if (graph.nodes().kind[n] != NodeKind::kHousehold) continue;
    if (context.Stopped()) return context.Check();
    LIANJIE_ASSIGN_OR_RETURN(const std::vector<PayerPart> parts,
                             model.ListPayers(n, false, context));
    LIANJIE_RETURN_IF_ERROR(booking.Cover(table.row_count() + parts.size()));
    for (const PayerPart& part : parts) {
      table.column(0).indices.push_back(n);
      table.column(1).indices.push_back(part.payer);
      table.column(2).numbers.push_back(part.yuan);
    }
    links += graph.in_links(n).size();
    context.AddCompleted(graph.in_links(n).size());
  }
  context.AddCompleted(graph.link_count() - links);
  return absl::OkStatus();
}

}  // namespace lianjie
