// The Store's rules once more, as plainly as they can be written: a copy of everything in maps,
// every batch applied to a copy, every rule checked by looking at all of it. Nothing here is shared
// with the store.
#ifndef LIANJIE_TESTS_STORAGE_MODEL_H_
#define LIANJIE_TESTS_STORAGE_MODEL_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/ids.h"
#include "engine/core/records.h"
#include "engine/core/status.h"
#include "storage/store.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {

struct ModelError {
  Reason reason = Reason::kInternal;
  std::int64_t row = -1;
};

class Model {
 public:
  // What the store must answer; the state changes when it is nothing.
  std::optional<ModelError> Commit(const std::vector<Write>& writes);

  Contents All() const;
  // The feed's images, one pair a changed record, in order.
  void Replay(const Change& change);

  std::map<std::string, NodeRecord, IdLess> nodes;
  std::map<std::string, LinkRecord, IdLess> links;
  std::map<std::string, RegionRecord> regions;
  std::map<std::pair<std::string, std::int64_t>, LineRecord> lines;

 private:
  using Refusal = std::optional<Reason>;

  Refusal Apply(const NodeWrite& write);
  Refusal Apply(const LinkWrite& write);
  Refusal Apply(const RegionWrite& write);
  Refusal Apply(const LineWrite& write);
  Refusal CheckLink(const LinkRecord& link) const;
  bool KnowsRegion(const std::string& code) const;
  bool SharesHold(const std::string& payer) const;

  std::map<std::string, int> births_;  // how often a node of that id was made
};

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_MODEL_H_
