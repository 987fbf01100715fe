// How the fields of a Snapshot are read by name. Whoever reads one field of many rows looks its
// reader up once.
#ifndef LIANJIE_ENGINE_GRAPH_SNAPSHOT_FIELDS_H_
#define LIANJIE_ENGINE_GRAPH_SNAPSHOT_FIELDS_H_

#include <cstdint>
#include <string_view>

#include "engine/core/fields.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// The value of a field in a row, a NodeIndex or LinkIndex. Thread safe.
using FieldReader = FieldValue (*)(const Snapshot& snapshot, std::uint32_t row);

// nullptr when a snapshot does not hold that field.
FieldReader FindNodeFieldReader(std::string_view field);
FieldReader FindLinkFieldReader(std::string_view field);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SNAPSHOT_FIELDS_H_
