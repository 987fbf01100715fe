// The organisations of a synthetic province or nation that stand above its counties: leading
// enterprises that buy from the firms and cooperatives of several counties (of other provinces
// too), wholesale markets and industrial parks of prefectures, funds of provinces and prefectures,
// makers of inputs, banks, platforms that sell all over the nation. By them money crosses counties,
// prefectures and provinces, and the core of the graph has cycles: platform to leading enterprise
// and back by its fees; platform to leading enterprise, that to a county's, that to the platform;
// insurer and reinsurer; two enterprises that hold shares of each other. No payment that households
// make in numbers (for inputs, interest, premiums) leads back to those who pay them, so that the
// core holds the chains and few households, as benefit flow takes them to be.
//
// All amounts are laid down from the skeleton alone, before any county is made: what passes between
// an organisation and a county is a rate times the county's households, and what it pays to the
// households of a village has a bound. So its receipts, the base of its shares, are known when the
// first county is written; what it may pay and does not, it keeps.
#ifndef LIANJIE_ENGINE_GENERATE_UPPER_H_
#define LIANJIE_ENGINE_GENERATE_UPPER_H_

#include <cstdint>
#include <vector>

#include "engine/generate/chains.h"
#include "engine/generate/partners.h"
#include "engine/generate/random.h"
#include "engine/generate/territory.h"

namespace lianjie {

// Immutable once made; any number of threads may read it. Memory: about 300 bytes an organisation,
// of which a prefecture has four, a province some six and a tenth of its counties.
class UpperLayer {
 public:
  // The territory must outlive it. O(counties).
  explicit UpperLayer(const Territory& territory);

  const std::vector<Organisation>& organisations() const { return organisations_; }
  const std::vector<OrgAccount>& accounts() const { return accounts_; }
  // Lines between these organisations, by their positions.
  const std::vector<OrgLink>& links() const { return links_; }
  std::int64_t cycles() const { return cycles_; }
  std::int64_t cross_holdings() const { return cross_holdings_; }
  std::int64_t self_loops() const { return self_loops_; }

  // A county's partners and what it has to do with them; the same whenever it is asked for. O(1).
  Surroundings Around(std::size_t county) const;

 private:
  struct Province {
    std::vector<OrgIndex> leaders;
    OrgIndex inputs = kNoOrg, bank = kNoOrg, fund = kNoOrg, agency = kNoOrg;
  };
  struct Prefecture {
    OrgIndex wholesale = kNoOrg, fund = kNoOrg;
    std::vector<OrgIndex> parks;
  };
  struct UpperDeal {
    OrgIndex upper;
    Deal deal;
  };
  struct CountyDeals {
    std::vector<UpperDeal> deals;
    // Who pays households, and how much at most for each of a village.
    std::vector<std::pair<OrgIndex, std::int64_t>> payers;
  };

  OrgIndex Add(OrgType type, const std::string& region, std::size_t number);
  void AddOrganisations();
  CountyDeals DealsOf(std::size_t county) const;
  OrgIndex LeaderOf(std::size_t province, Random& random) const;
  void AddUp();
  void Pay(OrgIndex source, OrgIndex target, Mechanism mechanism, std::int64_t yuan,
           Driver driver = Driver::kMarket);
  std::int64_t Needed(OrgIndex org) const;
  std::int64_t Gap(OrgIndex org) const;
  void PayFixed();
  void Settle();
  void SettleFunds();
  void Close();

  const Territory& territory_;
  std::vector<Organisation> organisations_;
  std::vector<OrgAccount> accounts_;
  std::vector<OrgLink> links_;
  std::vector<Province> provinces_;
  std::vector<Prefecture> prefectures_;
  std::vector<OrgIndex> platforms_;
  OrgIndex reinsurer_ = kNoOrg, ministry_ = kNoOrg;
  Random random_;
  std::int64_t cycles_ = 0, cross_holdings_ = 0, self_loops_ = 0;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_UPPER_H_
