#include "engine/generate/county.h"

#include <algorithm>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/generate/chains.h"
#include "engine/generate/contracts.h"
#include "engine/generate/households.h"
#include "engine/generate/one_of_many.h"
#include "engine/generate/organisations.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

// A household's links are made twice: once to know what each organisation pays, which decides its
// receipts, and once to be handed out with their shares of them. The second time costs less than
// keeping them would.
class Generator {
 public:
  Generator(CountyPlan plan, Surroundings surroundings, RecordSink& sink)
      : plan_(std::move(plan)),
        organisations_(PlanOrganisations(plan_, std::move(surroundings.partners))),
        deals_(std::move(surroundings.deals)),
        sink_(sink),
        tallies_(organisations_.all.size()),
        degrees_(organisations_.all.size()),
        grower_paid_(plan_.villages.size()),
        grower_links_(plan_.villages.size()) {}

  absl::StatusOr<CountySummary> Run() && {
    LIANJIE_RETURN_IF_ERROR(HandOutRegions());
    LIANJIE_RETURN_IF_ERROR(HandOutRecords());
    return summary_;
  }

  absl::StatusOr<MadeCounty> RunAmongMany() && {
    LIANJIE_RETURN_IF_ERROR(HandOutRecords());
    MadeCounty made{.summary = summary_, .partner_links = {}, .crossing_links = crossing_links_};
    for (std::size_t i = 0; i < organisations_.partners.size(); ++i) {
      made.partner_links.emplace_back(organisations_.partners[i].number,
                                      degrees_[organisations_.own() + i]);
    }
    return made;
  }

 private:
  struct Made {
    Household household;
    std::vector<HouseholdLink> links;
  };

  absl::Status HandOutRegions() {
    for (const RegionRecord& region : CountyRegions(plan_)) {
      ++summary_.regions;
      LIANJIE_RETURN_IF_ERROR(sink_.Region(region));
    }
    for (const LineRecord& line : CountyLines()) {
      ++summary_.lines;
      LIANJIE_RETURN_IF_ERROR(sink_.Line(line));
    }
    return absl::OkStatus();
  }

  absl::Status HandOutRecords() {
    for (std::size_t v = 0; v < plan_.villages.size(); ++v) {
      for (const Made& made : MakeVillage(v)) Tally(made);
    }
    chains_ = PlanChains(plan_, organisations_, deals_, tallies_);
    LIANJIE_RETURN_IF_ERROR(HandOutOrganisations());
    for (std::size_t v = 0; v < plan_.villages.size(); ++v) {
      for (const Made& made : MakeVillage(v)) LIANJIE_RETURN_IF_ERROR(HandOut(made));
    }
    Summarize();
    return absl::OkStatus();
  }

  std::vector<Made> MakeVillage(std::size_t village) const {
    std::vector<Made> all;
    VillagePurses purses;
    std::int64_t ordinal = 0;
    const std::vector<Cell> cells = VillageCells(plan_, village);
    all.reserve(cells.size());
    for (const Cell& cell : cells) {
      Made& made = all.emplace_back();
      made.household = MakeHousehold(plan_, village, ordinal++, cell);
      made.links = MakeContracts(plan_, organisations_, made.household, purses);
    }
    return all;
  }

  void Tally(const Made& made) {
    for (const HouseholdLink& link : made.links) {
      if (link.other == kVillageGrower) {
        grower_paid_[made.household.village] += link.flow_yuan();
        ++grower_links_[made.household.village];
      } else {
        tallies_[link.other].Add(link);
      }
    }
  }

  std::int64_t ReceiptsOf(OrgIndex org) const { return chains_.accounts[org].receipts_yuan; }

  absl::Status HandOutOrganisations() {
    const std::uint64_t seed = plan_.options.seed;
    const std::string provenance = ProvenanceOf(plan_);
    for (std::size_t i = 0; i < organisations_.own(); ++i) {
      const Organisation& organisation = organisations_.all[i];
      const OrgAccount& account = chains_.accounts[i];
      NodeRecord node = DescribeOrganisation(organisation, provenance);
      AddMoney(organisation, account, seed, static_cast<OrgIndex>(i), node);
      summary_.injected_yuan +=
          static_cast<double>(account.outside_yuan + account.unexplained_yuan);
      summary_.unexplained_yuan += static_cast<double>(account.unexplained_yuan);
      if (IsOrganisation(node.kind)) ++summary_.organisations;
      if (node.kind == NodeKind::kAgency) ++summary_.agencies;
      if (IsAsset(node.kind)) ++summary_.assets;
      Normalize(node);
      ++summary_.nodes;
      LIANJIE_RETURN_IF_ERROR(sink_.Node(node));
    }
    return HandOutChains();
  }

  absl::Status HandOutChains() {
    const std::string local = plan_.setting.one_of_many() ? Cat(plan_.setting.code, "-") : "";
    std::int64_t number = 0;
    for (const OrgLink& planned : chains_.links) {
      LinkRecord link =
          DescribeOrgLink(planned, organisations_.all[planned.source].id,
                          organisations_.all[planned.target].id, ReceiptsOf(planned.source));
      link.id = Cat("L-ORG-", local, ++number);
      if (planned.agreement > 0) link.agreement = Cat("A-ORG-", local, planned.agreement);
      ++degrees_[planned.source];
      ++degrees_[planned.target];
      crossing_links_ +=
          planned.source >= organisations_.own() || planned.target >= organisations_.own();
      summary_.unpaid_links += planned.paid_yuan == 0;
      LIANJIE_RETURN_IF_ERROR(HandOutLink(std::move(link)));
    }
    return absl::OkStatus();
  }

  absl::Status HandOutLink(LinkRecord link) {
    link.tightness = UsualTightness(link.mechanism);
    Normalize(link);
    ++summary_.links;
    return sink_.Link(link);
  }

  absl::Status HandOut(const Made& made) {
    const Household& household = made.household;
    const OperatingAccount account = AccountOf(made.links);
    const bool grower_pays = household.grower;
    const std::int64_t to_neighbours = grower_pays ? grower_paid_[household.village] : 0;
    const std::int64_t payments = account.payments_yuan + to_neighbours;

    NodeRecord node =
        DescribeHousehold(plan_, household, IncomeOf(made, account.receipts_yuan - payments));
    // Of those who only pay, every other one has recorded means of its own; the rest pay out of
    // nowhere.
    const std::int64_t shortfall = std::max<std::int64_t>(0, payments - account.receipts_yuan);
    const bool explained = shortfall > 0 && household.ordinal % 2 == 0;
    if (explained) node.outside_revenue_yuan = static_cast<double>(shortfall);
    summary_.injected_yuan += static_cast<double>(shortfall);
    if (shortfall > 0 && !explained) {
      ++summary_.unexplained_households;
      summary_.unexplained_yuan += static_cast<double>(shortfall);
    }
    Normalize(node);
    ++summary_.nodes;
    Count(made, node, account.receipts_yuan - payments);
    LIANJIE_RETURN_IF_ERROR(sink_.Node(node));
    if (household.grower) grower_receipts_ = account.receipts_yuan;
    const std::int64_t own_receipts = account.receipts_yuan + (explained ? shortfall : 0);
    return HandOutLinks(made, node.id, payments <= own_receipts ? own_receipts : 0);
  }

  absl::Status HandOutLinks(const Made& made, const std::string& id, std::int64_t own_receipts) {
    const std::string_view local = std::string_view(id).substr(2);  // without "H-"
    int number = 0;
    for (const HouseholdLink& planned : made.links) {
      const bool from_grower = planned.other == kVillageGrower;
      const std::string other = from_grower ? HouseholdId(plan_, made.household.village, 0)
                                            : organisations_.all[planned.other].id;
      LinkRecord link;
      link.id = Cat("L-", local, "-", ++number);
      if (planned.agreement > 0) link.agreement = Cat("A-", local, "-", planned.agreement);
      link.source = planned.household_pays ? id : other;
      link.target = planned.household_pays ? other : id;
      link.mechanism = planned.mechanism;
      link.driver = planned.driver;
      if (planned.promised_yuan != kNotGiven)
        link.promised_yuan = static_cast<double>(planned.promised_yuan);
      if (planned.paid_yuan != kNotGiven) link.paid_yuan = static_cast<double>(planned.paid_yuan);
      const std::int64_t base = planned.household_pays ? own_receipts
                                : from_grower          ? grower_receipts_
                                                       : ReceiptsOf(planned.other);
      if (planned.flow_yuan() > 0 && base > 0)
        link.share = ShareOfReceipts(planned.flow_yuan(), base);
      if (planned.capacity >= 0) link.capacity = planned.capacity;
      link.status = planned.status;
      link.valid = planned.valid;
      link.policy = planned.policy;
      link.product = planned.product;
      if (!from_grower) {
        ++degrees_[planned.other];
        crossing_links_ += planned.other >= organisations_.own();
      }
      summary_.lapsed_links += !planned.active();
      summary_.unpaid_links += planned.active() && planned.paid_yuan == 0;
      if (!planned.household_pays)
        summary_.paid_to_households_yuan += static_cast<double>(planned.flow_yuan());
      LIANJIE_RETURN_IF_ERROR(HandOutLink(std::move(link)));
    }
    return absl::OkStatus();
  }

  // By role of the mechanism; trade net of what the household pays, as benefit flow nets it.
  static ContractIncome IncomeOf(const Made& made, std::int64_t net_trade_yuan) {
    ContractIncome income;
    income.operating_yuan = static_cast<double>(net_trade_yuan);
    for (const HouseholdLink& link : made.links) {
      if (link.household_pays || IsTrade(link.mechanism)) continue;
      const double yuan = static_cast<double>(link.flow_yuan());
      const Role role = RoleOf(link.mechanism);
      if (role == Role::kWorker) income.wage_yuan += yuan;
      if (role == Role::kShareholder) income.property_yuan += yuan;
      if (role == Role::kUnspecified) income.transfer_yuan += yuan;
    }
    return income;
  }

  void Count(const Made& made, const NodeRecord& node, std::int64_t net_trade_yuan) {
    unsigned roles = 0;
    bool takes_part = false;
    for (const HouseholdLink& link : made.links) {
      if (link.household_pays || !link.active()) continue;
      takes_part |= IsNarrow(link.mechanism, link.driver) || link.mechanism == Mechanism::kService;
      const bool pays = link.flow_yuan() > 0 && (!IsTrade(link.mechanism) || net_trade_yuan > 0);
      const Role role = RoleOf(link.mechanism);
      if (pays && IsNarrow(link.mechanism, link.driver) && role != Role::kUnspecified) {
        roles |= 1U << (static_cast<unsigned>(role) - 1);
      }
    }
    const Household& household = made.household;
    ++summary_.households;
    summary_.persons += household.persons;
    summary_.ever_registered += household.ever_registered();
    summary_.taking_part += household.ever_registered() && takes_part;
    const bool lifted_out = household.cell.registration == Registration::kLiftedOut;
    summary_.lifted_out += lifted_out;
    summary_.lifted_out_earning += lifted_out && roles != 0;
    ++summary_.role_combinations[roles];
    if (household.ever_registered() || household.monitoring != Monitoring::kNone) {
      ++summary_.targets_by_standing[static_cast<std::size_t>(household.cell.standing)];
    }
    summary_.unknown_incomes += !node.income_year.has_value();
    CountAgreements(made);
    const std::int64_t degree = static_cast<std::int64_t>(made.links.size()) +
                                (household.grower ? grower_links_[household.village] : 0);
    const auto bin = std::min<std::size_t>(static_cast<std::size_t>(degree),
                                           summary_.household_degrees.size() - 1);
    ++summary_.household_degrees[bin];
    summary_.greatest_degree = std::max(summary_.greatest_degree, degree);
  }

  void CountAgreements(const Made& made) {
    std::vector<int> lines;
    for (const HouseholdLink& link : made.links) {
      lines.resize(
          std::max<std::size_t>(lines.size(), static_cast<std::size_t>(link.agreement) + 1));
      ++lines[static_cast<std::size_t>(link.agreement)];
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
      summary_.agreements += lines[i] > 0;
      summary_.bundled_agreements += lines[i] > 1;
    }
  }

  void Summarize() {
    for (std::size_t i = 0; i < organisations_.own(); ++i) summary_.AddDegree(degrees_[i]);
    summary_.townships = static_cast<std::int64_t>(plan_.townships.size());
    summary_.villages = static_cast<std::int64_t>(plan_.villages.size());
    for (const VillageMenu& menu : organisations_.villages) {
      summary_.villages_without_collective += menu.collective == kNoOrg;
    }
    summary_.photovoltaic_stations =
        static_cast<std::int64_t>(organisations_.Of(OrgType::kPvFund).size());
    summary_.land_pools = static_cast<std::int64_t>(organisations_.Of(OrgType::kLandPool).size());
    summary_.firm_cycles = chains_.firm_cycles;
    summary_.cross_holdings = chains_.cross_holdings;
    summary_.self_loops = chains_.self_loops;
    summary_.parallel_pairs = chains_.parallel_pairs;
    summary_.unexplained_organisations = chains_.unexplained_organisations;
  }

  const CountyPlan plan_;
  const Organisations organisations_;
  const std::vector<Deal> deals_;
  RecordSink& sink_;
  std::vector<HouseholdTally> tallies_;
  std::vector<std::int64_t> degrees_;       // of organisations
  std::vector<std::int64_t> grower_paid_;   // by village
  std::vector<std::int64_t> grower_links_;  // by village
  std::int64_t grower_receipts_ = 0;        // of the village being handed out
  Chains chains_;
  std::int64_t crossing_links_ = 0;
  CountySummary summary_;
};

}  // namespace

absl::StatusOr<CountySummary> GenerateCounty(const CountyOptions& options, RecordSink& sink) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Generator(PlanCounty(options), {}, sink).Run();
}

absl::StatusOr<MadeCounty> GenerateOneOfMany(CountyPlan plan, Surroundings surroundings,
                                             RecordSink& sink) {
  return Generator(std::move(plan), std::move(surroundings), sink).RunAmongMany();
}

}  // namespace lianjie
