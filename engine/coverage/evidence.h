// The one plain sentence that says why a household is in its class: which contract lapsed, at whom
// a chain ends, who is dormant, how many yuan are missing, whose loss would break it. Written only
// for rows that are shown. Ids stand for names, which a snapshot does not hold; yuan are rounded to
// the fen.
#ifndef LIANJIE_ENGINE_COVERAGE_EVIDENCE_H_
#define LIANJIE_ENGINE_COVERAGE_EVIDENCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/core/ids.h"
#include "engine/coverage/classification.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

struct Evidence {
  std::string sentence;
  NodeIndex payer = kNoNode;  // whom the sentence is about, when it is about a payer
};

// `household` must be a target. Of several links the sentence names the one that says most: of
// lapsed ones that which lapsed last, of active ones that with the largest promise, ties by id.
// O(degree), plus a walk of at most 64 links up a dead end. Errors: those of
// FlowModel::LargestPayer.
absl::StatusOr<Evidence> FindEvidence(const Classification& classification, NodeIndex household,
                                      RunContext& context);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_COVERAGE_EVIDENCE_H_
