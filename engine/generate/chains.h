// The money between organisations of a synthetic county, made to fit what they pay to households.
// Each organisation needs receipts X of which its payments, its leak_share and what it keeps are
// parts; X comes from its buyers upstream as far as the chain goes, and the rest from outside the
// county. Payees are settled before payers, so that one pass does; the links that close cycles (a
// service firm pays a leading enterprise, cross-holdings, deliveries to itself) have amounts that
// are fixed before. All amounts are whole yuan, so the books are exact: nothing is unexplained but
// what was planted.
#ifndef LIANJIE_ENGINE_GENERATE_CHAINS_H_
#define LIANJIE_ENGINE_GENERATE_CHAINS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/core/enums.h"
#include "engine/core/records.h"
#include "engine/generate/contracts.h"
#include "engine/generate/organisations.h"
#include "engine/generate/partners.h"
#include "engine/generate/random.h"

namespace lianjie {

// What one organisation pays to and takes from households by active links; whole yuan a year.
struct HouseholdTally {
  std::int64_t paid_yuan = 0;
  std::int64_t received_yuan = 0;
  double jobs = 0;
  double mu = 0;

  void Add(const HouseholdLink& link);
};

// One contract line between organisations.
struct OrgLink {
  OrgIndex source = kNoOrg;
  OrgIndex target = kNoOrg;
  Mechanism mechanism = Mechanism::kSupply;
  Driver driver = Driver::kMarket;
  std::int64_t promised_yuan = 0;
  std::int64_t paid_yuan = 0;
  int agreement = 0;  // 0: none
  Date from;
  std::string_view product;
};

// The books of one organisation. Where nothing is planted, receipts = in + outside >= out.
struct OrgAccount {
  std::int64_t in_yuan = 0;
  std::int64_t out_yuan = 0;
  std::int64_t outside_yuan = 0;      // reported income from outside the county
  std::int64_t unexplained_yuan = 0;  // planted: paid out, though no record says where it came from
  std::int64_t receipts_yuan = 0;     // what it needs in a year: the base of its shares
  double jobs = 0;
  double mu = 0;
};

struct Chains {
  std::vector<OrgLink> links;
  std::vector<OrgAccount> accounts;  // by OrgIndex
  std::int64_t firm_cycles = 0;      // planted F -> C -> V -> F
  std::int64_t cross_holdings = 0;   // planted F <-> F
  std::int64_t self_loops = 0;
  std::int64_t parallel_pairs = 0;  // two lines between the same two organisations
  std::int64_t unexplained_organisations = 0;
};

// A line of so much, begun between 2016 and 2022; of the payee's product where goods are paid for.
// Of five lines one promised a little more than is paid.
OrgLink MakeOrgLink(Random& random, OrgIndex source, OrgIndex target, Mechanism mechanism,
                    Driver driver, std::int64_t yuan, std::string_view product);
// The record of a line, without id and agreement; `receipts_yuan` are the payer's.
LinkRecord DescribeOrgLink(const OrgLink& planned, std::string_view source, std::string_view target,
                           std::int64_t receipts_yuan);
Tightness UsualTightness(Mechanism mechanism);
// Receipts that an organisation needs to pay so much.
std::int64_t NeededReceipts(OrgType type, std::int64_t out_yuan);

// `tallies` by OrgIndex, `deals` with the county's partners. O(organisations).
Chains PlanChains(const CountyPlan& plan, const Organisations& organisations,
                  const std::vector<Deal>& deals, const std::vector<HouseholdTally>& tallies);

// paid / receipts, rounded down to 12 decimals: shares of one payer never sum to more than their
// exact sum.
double ShareOfReceipts(std::int64_t paid_yuan, std::int64_t receipts_yuan);

// Completes a described organisation with its money: revenue, outside revenue, leak share, equity,
// capacities, operating status.
void AddMoney(const Organisation& organisation, const OrgAccount& account, std::uint64_t seed,
              OrgIndex index, NodeRecord& node);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_CHAINS_H_
