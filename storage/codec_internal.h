// What the two halves of the codec, records and meta, share. For codec*.cc alone.
#ifndef LIANJIE_STORAGE_CODEC_INTERNAL_H_
#define LIANJIE_STORAGE_CODEC_INTERNAL_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/core/records.h"
#include "engine/core/text.h"
#include "storage/codec.h"

namespace lianjie::storage {

namespace v1 {
class NodeValue;
class LinkValue;
class RegionValue;
class LineValue;
}  // namespace v1

// Error: the store is damaged.
template <typename Message>
absl::Status Parse(std::string_view value, std::string_view what, Message& message) {
  if (message.ParseFromArray(value.data(), static_cast<int>(value.size()))) return absl::OkStatus();
  return Corrupt(Cat("a value that is no ", what));
}

void ToMessage(const NodeRecord& from, v1::NodeValue& to);
void BodyToMessage(const LinkRecord& from, v1::LinkValue& to);
void ToMessage(const RegionRecord& from, v1::RegionValue& to);
void FromMessage(const v1::RegionValue& from, std::string_view code, RegionRecord& to);
void ToMessage(const LineRecord& from, v1::LineValue& to);
void FromMessage(const v1::LineValue& from, std::string_view region, std::int64_t year,
                 LineRecord& to);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_CODEC_INTERNAL_H_
