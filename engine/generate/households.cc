#include "engine/generate/households.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/text.h"
#include "engine/generate/names.h"
#include "engine/generate/organisations.h"
#include "engine/generate/random.h"

namespace lianjie {
namespace {

constexpr std::array<double, 7> kPersons = {.12, .20, .20, .22, .14, .08, .04};
constexpr std::array<double, 4> kMember = {.32, .13, .42, .13};  // none, weak, ordinary, skilled
// Combinations of roles of a household that earns, in the order of their bits (1 operates, 2 works,
// 4 holds shares).
constexpr std::array<double, 8> kRoles = {0, .24, .20, .12, .14, .12, .11, .07};
constexpr std::array<QuantilePoint, 5> kLandMu = {
    {{0, .5}, {.25, 2.2}, {.6, 4.5}, {.95, 9}, {1, 16}}};

// Income from elsewhere per head, yuan a year.
constexpr std::array<QuantilePoint, 6> kPoorBase = {
    {{0, 600}, {.1, 2400}, {.5, 5200}, {.8, 7600}, {.97, 12000}, {1, 20000}}};
constexpr std::array<QuantilePoint, 6> kLiftedBase = {
    {{0, 1200}, {.1, 4200}, {.5, 7900}, {.8, 11500}, {.97, 18000}, {1, 36000}}};
constexpr std::array<QuantilePoint, 6> kGeneralBase = {
    {{0, 2500}, {.1, 7000}, {.5, 12800}, {.8, 19000}, {.97, 36000}, {1, 90000}}};
constexpr double kUnknownIncome = .01;

constexpr std::array<double, 12> kCauses = {0, .31, .14, .1, .04, .04, .02, .12, .09, .1, .03, .01};

void AddMembers(Random& random, Household& household) {
  household.persons = static_cast<std::int64_t>(random.Pick(kPersons)) + 1;
  for (std::int64_t i = 0; i < household.persons; ++i) {
    switch (random.Pick(kMember)) {
      case 1:
        ++household.labour_weak;
        break;
      case 2:
        ++household.labour_ordinary;
        break;
      case 3:
        ++household.labour_skilled;
        break;
      default:
        break;
    }
  }
  // Nobody earns wages without somebody who can work.
  if ((household.roles & kWorks) != 0 && household.labour() == 0) {
    if (household.labour_weak > 0) --household.labour_weak;
    ++household.labour_ordinary;
    household.persons =
        std::max(household.persons, household.labour_ordinary + household.labour_weak);
  }
}

Monitoring DrawMonitoring(Random& random, const Household& household) {
  if (random.Chance(.004)) return Monitoring::kSuddenHardship;
  if (household.cell.registration == Registration::kLiftedOut && random.Chance(.04))
    return Monitoring::kUnstableLiftedOut;
  if (household.cell.registration == Registration::kGeneral && random.Chance(.015))
    return Monitoring::kMarginal;
  return Monitoring::kNone;
}

Random HouseholdRandom(const CountyPlan& plan, std::size_t village, std::int64_t ordinal) {
  return MakeRandom(plan.options.seed, Stream::kHouseholds, village,
                    static_cast<std::uint64_t>(ordinal));
}

double WholeYuan(double yuan) { return std::floor(yuan); }

double DrawBase(Random& random, const Household& household) {
  const double per_head =
      household.cell.registration == Registration::kGeneral     ? random.Quantile(kGeneralBase)
      : household.cell.registration == Registration::kLiftedOut ? random.Quantile(kLiftedBase)
                                                                : random.Quantile(kPoorBase);
  const bool hard = household.monitoring != Monitoring::kNone;
  return per_head * (hard ? .7 : 1.0) * static_cast<double>(household.persons);
}

void AddIncome(Random random, const Household& household, const ContractIncome& contracts,
               NodeRecord& node) {
  if (random.Chance(kUnknownIncome)) return;
  const double base = DrawBase(random, household);
  const double wage = household.labour() > 0 ? .35 + .35 * random.Unit() : 0;
  const double transfer = (1 - wage) * (.25 + .3 * random.Unit());
  const double property = .02 * random.Unit();
  node.income_year = kIncomeYear;
  node.income_wage_yuan = WholeYuan(base * wage) + contracts.wage_yuan;
  node.income_transfer_yuan = WholeYuan(base * transfer) + contracts.transfer_yuan;
  node.income_property_yuan = WholeYuan(base * property) + contracts.property_yuan;
  node.income_operating_yuan =
      WholeYuan(base * (1 - wage - transfer - property)) + contracts.operating_yuan;
}

}  // namespace

Household MakeHousehold(const CountyPlan& plan, std::size_t village, std::int64_t ordinal,
                        Cell cell) {
  Random random = HouseholdRandom(plan, village, ordinal);
  Household household;
  household.village = village;
  household.ordinal = ordinal;
  household.cell = cell;
  household.grower = ordinal == 0 && cell.registration == Registration::kGeneral &&
                     cell.standing == Standing::kEarning;
  const unsigned roles = static_cast<unsigned>(random.Pick(kRoles));
  if (cell.standing == Standing::kEarning) household.roles = household.grower ? kOperates : roles;
  AddMembers(random, household);
  household.land_mu = std::floor(random.Quantile(kLandMu) * 10) / 10;
  household.monitoring = DrawMonitoring(random, household);
  return household;
}

std::string HouseholdId(const CountyPlan& plan, std::size_t village, std::int64_t ordinal) {
  std::string digits = Cat(ordinal + 1);
  return Cat("H-", plan.villages[village].code, "-",
             std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0'), digits);
}

NodeRecord DescribeHousehold(const CountyPlan& plan, const Household& household,
                             const ContractIncome& contracts) {
  // Apart from MakeHousehold's draws, so that neither disturbs the other.
  Random random = MakeRandom(plan.options.seed ^ 0x9E37ULL, Stream::kHouseholds, household.village,
                             static_cast<std::uint64_t>(household.ordinal));
  NodeRecord node;
  node.id = HouseholdId(plan, household.village, household.ordinal);
  node.kind = NodeKind::kHousehold;
  node.name = PersonName(random);
  node.region = plan.villages[household.village].code;
  node.registration = household.cell.registration;
  node.monitoring = household.monitoring;
  node.persons = household.persons;
  node.labour_skilled = household.labour_skilled;
  node.labour_ordinary = household.labour_ordinary;
  node.labour_weak = household.labour_weak;
  node.land_mu = household.land_mu;
  node.labels = {kSyntheticLabel};
  if (household.cell.registration == Registration::kLiftedOut)
    node.lifted_out_year = random.Between(2014, 2020);
  if (household.ever_registered()) {
    const auto first = static_cast<Cause>(random.Pick(kCauses));
    const auto second = static_cast<Cause>(random.Pick(kCauses));
    node.causes.push_back(first);
    if (second != first && random.Chance(.4)) node.causes.push_back(second);
  }
  AddIncome(random, household, contracts, node);
  if (!plan.setting.one_of_many()) node.properties[kProvenanceProperty] = ProvenanceOf(plan);
  return node;
}

}  // namespace lianjie
