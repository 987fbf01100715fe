// A write in the making: a reader that shows a base with changes laid over it, so that later writes
// of a batch see earlier ones, and later batches of a group earlier batches, before anything is
// written. Overlays stack: a batch's lies on the group's, which lies on a snapshot; a batch that
// fails is simply dropped.
#ifndef LIANJIE_STORAGE_OVERLAY_H_
#define LIANJIE_STORAGE_OVERLAY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/key_value.h"

namespace lianjie::storage {

// One thread. `base` must outlive it.
class Overlay : public KeyValueReader {
 public:
  explicit Overlay(const KeyValueReader& base) : base_(base) {}
  // An overlay over an overlay is made from it as a reader: a copy would have the base's base.
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  // Not to be used after the next Put or Delete.
  std::unique_ptr<KeyValueIterator> NewIterator(std::string lower, std::string upper,
                                                bool bulk = false) const override;

  void Put(std::string key, std::string value);
  void Delete(std::string key);

  const KeyValueReader& base() const { return base_; }
  const KeyValueChanges& changes() const { return changes_; }
  // Of the keys and values laid over.
  std::size_t bytes() const { return bytes_; }
  // Lays its changes over `parent`, which must be its base, and is empty afterwards.
  void MoveInto(Overlay& parent);

 private:
  const KeyValueReader& base_;
  KeyValueChanges changes_;
  std::size_t bytes_ = 0;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_OVERLAY_H_
