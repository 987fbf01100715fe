// Organisations and the lines between them as records (see chains.h).
#include <algorithm>
#include <cmath>

#include "engine/core/text.h"
#include "engine/generate/chains.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::int64_t kYuanOfKilowatt = 900;  // a year's sales of photovoltaic power

}  // namespace

LinkRecord DescribeOrgLink(const OrgLink& planned, std::string_view source, std::string_view target,
                           std::int64_t receipts_yuan) {
  LinkRecord link;
  link.source = source;
  link.target = target;
  link.mechanism = planned.mechanism;
  link.driver = planned.driver;
  link.promised_yuan = static_cast<double>(planned.promised_yuan);
  link.paid_yuan = static_cast<double>(planned.paid_yuan);
  if (planned.paid_yuan > 0) link.share = ShareOfReceipts(planned.paid_yuan, receipts_yuan);
  link.product = planned.product;
  link.valid.from = planned.from;
  return link;
}

Tightness UsualTightness(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kEquity:
      return Tightness::kEquity;
    case Mechanism::kShareCooperation:
    case Mechanism::kAssetReturn:
    case Mechanism::kCollectiveDistribution:
    case Mechanism::kPatronageRefund:
      return Tightness::kDividend;
    case Mechanism::kTransfer:
    case Mechanism::kGrant:
    case Mechanism::kService:
      return Tightness::kUnspecified;
    default:
      return Tightness::kContract;
  }
}

double ShareOfReceipts(std::int64_t paid_yuan, std::int64_t receipts_yuan) {
  const double share = static_cast<double>(paid_yuan) / static_cast<double>(receipts_yuan);
  return std::floor(share * 1e12) / 1e12;
}

void AddMoney(const Organisation& organisation, const OrgAccount& account, std::uint64_t seed,
              OrgIndex index, NodeRecord& node) {
  Random random = MakeRandom(seed, Stream::kChains, 1, index);
  const OrgTraits& traits = TraitsOf(organisation.type);
  const bool idle = organisation.type == OrgType::kDeadEnd ||
                    organisation.type == OrgType::kDeadEndFirm ||
                    organisation.type == OrgType::kDormant || organisation.type == OrgType::kClosed;
  if (organisation.type == OrgType::kClosed) node.valid.to = *Date::FromCivil(2022, 1, 1);
  if (organisation.type == OrgType::kPvFund) {
    node.properties[kKilowattProperty] =
        Cat(std::max<std::int64_t>(10, account.outside_yuan / kYuanOfKilowatt));
  }
  if (traits.kind == NodeKind::kLand) node.land_mu = account.mu;
  if (traits.leak_share > 0) node.leak_share = traits.leak_share;
  if (IsConduit(organisation.type)) return;
  // One family farm in four tells its revenue alone; its income from outside is derived from it.
  const bool tells_outside = organisation.type != OrgType::kFarm || !random.Chance(.25);
  if (tells_outside) node.outside_revenue_yuan = static_cast<double>(account.outside_yuan);
  if (traits.kind == NodeKind::kAgency || traits.kind == NodeKind::kFund) return;
  const std::int64_t revenue = account.in_yuan + account.outside_yuan;
  node.revenue_yuan = static_cast<double>(revenue);
  node.operating_status = !idle                                    ? OperatingStatus::kOperating
                          : organisation.type == OrgType::kDormant ? OperatingStatus::kDormant
                          : organisation.type == OrgType::kClosed  ? OperatingStatus::kRevoked
                                                                   : OperatingStatus::kOperating;
  const double size = static_cast<double>(std::max<std::int64_t>(revenue, 20000));
  node.equity_yuan = std::floor(size * (random.Chance(.03) ? -.2 : .3 + 1.2 * random.Unit()));
  if (account.jobs > 0) node.capacity_jobs = std::ceil(account.jobs * (1 + .4 * random.Unit()));
  if (account.mu > 0) node.capacity_mu = std::ceil(account.mu * (1 + .3 * random.Unit()));
  if (traits.stage == Stage::kProduction || traits.stage == Stage::kProcessing) {
    node.capacity_tonnes = std::ceil(size / 8000 * (1 + .5 * random.Unit()));
  }
}

}  // namespace lianjie
