#include "engine/generate/nation.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/csv_sink.h"
#include "engine/generate/one_of_many.h"
#include "engine/generate/ordered_texts.h"
#include "engine/generate/upper.h"

namespace lianjie {
namespace {

constexpr std::size_t kWaitingBytes = std::size_t{8} << 20;

class TerritoryGenerator {
 public:
  explicit TerritoryGenerator(const Territory& territory)
      : territory_(territory), upper_(territory), upper_degrees_(upper_.organisations().size()) {}

  std::size_t counties() const { return territory_.counties().size(); }

  // Regions, lines, and what stands above the counties.
  absl::Status HandOutAbove(RecordSink& sink) {
    LIANJIE_ASSIGN_OR_RETURN(summary_.all.regions, territory_.HandOutRegions(sink));
    for (std::size_t p = 0; p < territory_.provinces().size(); ++p) {
      for (const LineRecord& line :
           LinesOf(territory_.provinces()[p].code, static_cast<double>(p % 7) * 50)) {
        ++summary_.all.lines;
        LIANJIE_RETURN_IF_ERROR(sink.Line(line));
      }
    }
    LIANJIE_RETURN_IF_ERROR(HandOutUpperNodes(sink));
    return HandOutUpperLinks(sink);
  }

  // Any number of threads may, each with a sink of its own.
  absl::Status HandOutCounty(std::size_t county, RecordSink& sink) {
    CountyPlan plan = PlanCounty(territory_.OptionsOf(county), territory_.SettingOf(county));
    LIANJIE_ASSIGN_OR_RETURN(const MadeCounty made,
                             GenerateOneOfMany(std::move(plan), upper_.Around(county), sink));
    const std::lock_guard lock(mutex_);
    summary_.all.Add(made.summary);
    summary_.crossing_links += made.crossing_links;
    for (const auto& [upper, links] : made.partner_links) upper_degrees_[upper] += links;
    return absl::OkStatus();
  }

  TerritorySummary Summarize() {
    for (const std::int64_t degree : upper_degrees_) summary_.all.AddDegree(degree);
    summary_.provinces = static_cast<std::int64_t>(territory_.provinces().size());
    summary_.prefectures = static_cast<std::int64_t>(territory_.prefectures().size());
    summary_.counties = static_cast<std::int64_t>(counties());
    summary_.upper_organisations = static_cast<std::int64_t>(upper_.organisations().size());
    summary_.upper_links = static_cast<std::int64_t>(upper_.links().size());
    summary_.all.firm_cycles += upper_.cycles();
    summary_.all.cross_holdings += upper_.cross_holdings();
    summary_.all.self_loops += upper_.self_loops();
    return summary_;
  }

 private:
  absl::Status HandOutUpperNodes(RecordSink& sink) {
    const std::string provenance = territory_.Provenance();
    for (std::size_t i = 0; i < upper_.organisations().size(); ++i) {
      const OrgAccount& account = upper_.accounts()[i];
      NodeRecord node = DescribeOrganisation(upper_.organisations()[i], provenance);
      AddMoney(upper_.organisations()[i], account, territory_.options().seed ^ kUpperMoney,
               static_cast<OrgIndex>(i), node);
      summary_.all.injected_yuan += static_cast<double>(account.outside_yuan);
      summary_.all.organisations += IsOrganisation(node.kind);
      summary_.all.agencies += node.kind == NodeKind::kAgency;
      summary_.all.assets += IsAsset(node.kind);
      Normalize(node);
      ++summary_.all.nodes;
      LIANJIE_RETURN_IF_ERROR(sink.Node(node));
    }
    return absl::OkStatus();
  }

  absl::Status HandOutUpperLinks(RecordSink& sink) {
    std::int64_t number = 0;
    for (const OrgLink& planned : upper_.links()) {
      LinkRecord link = DescribeOrgLink(planned, upper_.organisations()[planned.source].id,
                                        upper_.organisations()[planned.target].id,
                                        upper_.accounts()[planned.source].receipts_yuan);
      link.id = Cat("L-ABOVE-", ++number);
      link.tightness = UsualTightness(link.mechanism);
      Normalize(link);
      ++upper_degrees_[planned.source];
      ++upper_degrees_[planned.target];
      ++summary_.all.links;
      LIANJIE_RETURN_IF_ERROR(sink.Link(link));
    }
    return absl::OkStatus();
  }

  static constexpr std::uint64_t kUpperMoney = 0x51F3;  // draws apart from any county's

  const Territory& territory_;
  const UpperLayer upper_;
  std::mutex mutex_;
  std::vector<std::int64_t> upper_degrees_;
  TerritorySummary summary_;
};

CsvShape LinkShape() { return {.without = {"kind", "share_of", "priority", "weight", "sector"}}; }

}  // namespace

absl::StatusOr<TerritorySummary> GenerateTerritory(const Territory& territory, RecordSink& sink) {
  TerritoryGenerator generator(territory);
  LIANJIE_RETURN_IF_ERROR(generator.HandOutAbove(sink));
  for (std::size_t c = 0; c < generator.counties(); ++c)
    LIANJIE_RETURN_IF_ERROR(generator.HandOutCounty(c, sink));
  return generator.Summarize();
}

absl::StatusOr<TerritorySummary> WriteTerritory(const Territory& territory,
                                                const TerritoryTexts& texts,
                                                const WriteOptions& options) {
  TerritoryGenerator generator(territory);
  const auto checked = [&options](const TextSink& sink) -> TextSink {
    return [&options, &sink](std::string_view bytes) {
      return options.stopped() ? absl::CancelledError("stopped") : sink(bytes);
    };
  };
  CsvRecordSink above(checked(texts.nodes), checked(texts.links), checked(texts.regions),
                      checked(texts.lines), LinkShape());
  LIANJIE_RETURN_IF_ERROR(generator.HandOutAbove(above));
  LIANJIE_RETURN_IF_ERROR(above.Finish());

  const auto threads = static_cast<std::size_t>(std::max(1, options.threads));
  OrderedTexts ordered({checked(texts.nodes), checked(texts.links)}, generator.counties(), threads,
                       kWaitingBytes);
  const auto work = [&] {
    while (const std::optional<std::size_t> county = ordered.Begin()) {
      const auto into = [&ordered, &county](std::size_t text) -> TextSink {
        return [&ordered, task = *county, text](std::string_view bytes) {
          return ordered.Put(task, text, bytes);
        };
      };
      const TextSink nothing = [](std::string_view) { return absl::OkStatus(); };
      CsvShape shape = LinkShape();
      shape.header = false;
      CsvRecordSink sink(into(0), into(1), nothing, nothing, std::move(shape));
      absl::Status status = generator.HandOutCounty(*county, sink);
      if (status.ok()) status = sink.Finish();
      if (!status.ok()) ordered.Fail(status);
      ordered.End(*county);
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  others.clear();
  LIANJIE_RETURN_IF_ERROR(ordered.status());
  return generator.Summarize();
}

}  // namespace lianjie
