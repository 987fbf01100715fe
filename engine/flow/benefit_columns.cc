#include "engine/flow/benefit_columns.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/flow/flow_blocks.h"
#include "engine/flow/household_reader.h"
#include "engine/graph/shared_array.h"

namespace lianjie {
namespace {

// What one block of rows gives beside the columns.
struct ColumnBlock {
  HouseholdSums households;
  MoneySum direct, indirect;
  std::vector<std::uint32_t> rows;  // of organisations with money
  std::vector<double> throughput;
};

class ColumnMaker {
 public:
  ColumnMaker(const FlowModel& model, const FirstTiers& tiers, const NodeRows& rows, Table& table,
              RunContext& context)
      : model_(model),
        graph_(model.snapshot()),
        reader_(model, &tiers),
        rows_(rows),
        table_(table),
        context_(context),
        gross_(rows.size()),
        benefit_(rows.size()),
        narrow_(rows.size()),
        direct_(rows.size()),
        indirect_(rows.size()),
        blocks_(FlowBlockCount(rows.size())) {}

  absl::StatusOr<BenefitSums> Run() {
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context_, rows_.size(),
        [this](std::size_t b, std::size_t begin, std::size_t end) { Fill(b, begin, end); }));
    context_.AddCompleted(graph_.link_count() - rows_.size() / kFlowBlock * links_a_block_);
    AddNodes();
    AddMoney();
    BenefitSums sums;
    MoneySum direct, indirect;
    for (const ColumnBlock& block : blocks_) {
      sums.households.Add(block.households);
      direct.Add(block.direct);
      indirect.Add(block.indirect);
    }
    sums.direct_yuan = direct.value();
    sums.indirect_yuan = indirect.value();
    return sums;
  }

 private:
  void Fill(std::size_t b, std::size_t begin, std::size_t end) {
    ColumnBlock& block = blocks_[b];
    double* const gross = gross_.data();
    double* const benefit = benefit_.data();
    double* const narrow = narrow_.data();
    double* const direct = direct_.data();
    double* const indirect = indirect_.data();
    for (std::size_t row = begin; row < end; ++row) {
      const NodeIndex n = rows_.Node(row);
      if (graph_.nodes().kind[n] != NodeKind::kHousehold) {
        gross[row] = benefit[row] = narrow[row] = direct[row] = indirect[row] = 0.0;
        const PayerIndex p = model_.PayerOf(n);
        if (p == kNoPayer || model_.x(p) == 0.0) continue;
        block.rows.push_back(static_cast<std::uint32_t>(row));
        block.throughput.push_back(model_.x(p));
        continue;
      }
      const HouseholdMoney money = reader_.Read(n);
      gross[row] = money.gross;
      benefit[row] = money.benefit;
      narrow[row] = money.narrow;
      direct[row] = money.direct;
      const double rest = money.benefit - money.direct - money.own;
      indirect[row] = std::abs(rest) <= kMoneyRounding * std::abs(money.benefit) ? 0.0 : rest;
      block.households.benefit.Add(money.benefit);
      block.households.narrow.Add(money.narrow);
      block.households.straight_from_outside.Add(money.straight_from_outside);
      block.direct.Add(direct[row]);
      block.indirect.Add(indirect[row]);
    }
    if (end - begin == kFlowBlock) context_.AddCompleted(links_a_block_);
  }

  void AddNodes() {
    Column& nodes =
        table_.column(table_.AddColumn("node", ColumnType::kNode, "", "Id of the node."));
    if (rows_.all()) {
      nodes.identity_rows = static_cast<std::uint32_t>(rows_.size());
    } else {
      nodes.indices.assign(rows_.nodes().begin(), rows_.nodes().end());
    }
    static_assert(sizeof(NodeKind) == 1);
    const SharedArray<NodeKind>& kinds = graph_.nodes().kind;
    std::shared_ptr<const void> memory = model_.view().shared_snapshot();
    const auto* codes = reinterpret_cast<const std::uint8_t*>(kinds.data());
    if (!rows_.all()) {
      auto kept = std::make_shared<std::vector<std::uint8_t>>(rows_.size());
      for (std::size_t row = 0; row < kept->size(); ++row) (*kept)[row] = codes[rows_.Node(row)];
      codes = kept->data();
      memory = std::move(kept);
    }
    table_.column(table_.AddColumn("kind", ColumnType::kString, "", "Kind of the node."))
        .word_layer = WordLayer{.codes = {codes, rows_.size()},
                                .memory = std::move(memory),
                                .words = EnumNames<NodeKind>()};
  }

  NumberLayer& AddLayer(std::string name, std::string description,
                        const Buffer<double>* base = nullptr) {
    Column& column = table_.column(
        table_.AddColumn(std::move(name), ColumnType::kNumber, "yuan", std::move(description)));
    NumberLayer& layer = column.number_layer.emplace();
    layer.rows = rows_.size();
    if (base != nullptr) {
      layer.base = {base->data(), base->size()};
      layer.memory = base->memory();
    }
    return layer;
  }

  // The sum of two columns of the payers inside that `wanted` takes.
  template <typename Wanted>
  void AddPayers(NumberLayer& layer, const SparseColumn& a, const SparseColumn& b,
                 const Wanted& wanted) const {
    std::size_t i = 0, j = 0;
    while (i < a.keys().size() || j < b.keys().size()) {
      const PayerIndex p = std::min(i < a.keys().size() ? a.keys()[i] : kNoPayer,
                                    j < b.keys().size() ? b.keys()[j] : kNoPayer);
      double yuan = 0;
      if (i < a.keys().size() && a.keys()[i] == p) yuan += a.values()[i++];
      if (j < b.keys().size() && b.keys()[j] == p) yuan += b.values()[j++];
      if (!model_.IsInside(p) || !wanted(p) || yuan == 0.0) continue;
      layer.at.push_back(static_cast<std::uint32_t>(rows_.RowOf(model_.PayerNode(p))));
      layer.values.push_back(yuan);
    }
  }

  void AddMoney() {
    const auto all = [](PayerIndex) { return true; };
    const SparseColumn none;
    NumberLayer& throughput =
        AddLayer("throughput_yuan",
                 "All money that reached the node; of a household its gross receipts.", &gross_);
    for (const ColumnBlock& block : blocks_) {
      throughput.at.insert(throughput.at.end(), block.rows.begin(), block.rows.end());
      throughput.values.insert(throughput.values.end(), block.throughput.begin(),
                               block.throughput.end());
    }
    AddLayer("benefit_yuan", "What a household keeps, net of what its operating account pays.",
             &benefit_);
    AddLayer("gross_yuan", "All that was paid to a household, and its own injection.", &gross_);
    AddLayer("direct_yuan", "Benefit that passed exactly one paying organisation.", &direct_);
    AddLayer("indirect_yuan", "Benefit that passed more than one paying organisation.", &indirect_);
    AddPayers(AddLayer("retained_yuan", "What an organisation keeps."), model_.retaineds(), none,
              all);
    AddPayers(
        AddLayer("leaked_yuan", "What leaves by leak_share, and what is paid out of the filter."),
        model_.leakeds(), model_.to_outsides(), all);
    AddPayers(AddLayer("injected_yuan",
                       "Money that enters here, from the market and from outside the filter."),
              model_.injections(), model_.from_outsides(), all);
    AddPayers(
        AddLayer("unexplained_injection_yuan", "What the node paid without a recorded source."),
        model_.unexplaineds(), none, all);
    AddPayers(AddLayer("operating_loss_yuan",
                       "What a household's operating account paid beyond what it received."),
              model_.unexplaineds(), none, [this](PayerIndex p) { return model_.IsAccount(p); });
    AddLayer("narrow_yuan", "The part of the benefit that came by interest-binding links.",
             &narrow_);
  }

  const FlowModel& model_;
  const Snapshot& graph_;
  const HouseholdReader reader_;
  const NodeRows& rows_;
  Table& table_;
  RunContext& context_;
  const Buffer<double> gross_, benefit_, narrow_, direct_, indirect_;
  std::vector<ColumnBlock> blocks_;
  const std::uint64_t links_a_block_ =
      rows_.size() < kFlowBlock ? 0 : graph_.link_count() / (rows_.size() / kFlowBlock);
};

}  // namespace

absl::StatusOr<BenefitSums> AddBenefitColumns(const FlowModel& model, const FirstTiers& tiers,
                                              const NodeRows& rows, Table& table,
                                              RunContext& context) {
  return ColumnMaker(model, tiers, rows, table, context).Run();
}

std::uint64_t EstimateBenefitColumnsBytes(const Snapshot& snapshot) {
  const std::uint64_t others = snapshot.node_count() - snapshot.payer_counts().households;
  return std::uint64_t{snapshot.node_count()} * 40 + others * (12 + 3 * 12) + 4096;
}

}  // namespace lianjie
