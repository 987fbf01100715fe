#include "storage/overlay.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

// Two sorted walks as one; at equal keys the overlay's change wins, and a deletion hides the base's
// key.
class MergedIterator : public KeyValueIterator {
 public:
  MergedIterator(std::unique_ptr<KeyValueIterator> base, KeyValueChanges::const_iterator change,
                 KeyValueChanges::const_iterator end)
      : base_(std::move(base)), change_(change), end_(end) {
    Settle();
  }

  bool Valid() const override { return on_change_ || base_->Valid(); }
  void Next() override {
    if (on_change_) {
      ++change_;
    } else {
      base_->Next();
    }
    Settle();
  }
  std::string_view key() const override { return on_change_ ? change_->first : base_->key(); }
  std::string_view value() const override {
    return on_change_ ? std::string_view(*change_->second) : base_->value();
  }
  absl::Status status() const override { return base_->status(); }

 private:
  void Settle() {
    on_change_ = false;
    for (; change_ != end_; ++change_) {
      if (base_->Valid()) {
        if (base_->key() < change_->first) return;
        if (base_->key() == change_->first) base_->Next();
      }
      if (change_->second.has_value()) {
        on_change_ = true;
        return;
      }
    }
  }

  std::unique_ptr<KeyValueIterator> base_;
  KeyValueChanges::const_iterator change_;
  KeyValueChanges::const_iterator end_;
  bool on_change_ = false;
};

}  // namespace

absl::StatusOr<std::optional<std::string>> Overlay::Get(std::string_view key) const {
  const auto it = changes_.find(ToAbsl(key));
  if (it != changes_.end()) return it->second;
  return base_.Get(key);
}

std::unique_ptr<KeyValueIterator> Overlay::NewIterator(std::string lower, std::string upper,
                                                       bool bulk) const {
  const auto first = changes_.lower_bound(lower);
  const auto last = upper.empty() ? changes_.end() : changes_.lower_bound(upper);
  auto base = base_.NewIterator(std::move(lower), std::move(upper), bulk);
  if (first == last) return base;
  return std::make_unique<MergedIterator>(std::move(base), first, last);
}

void Overlay::Put(std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  changes_.insert_or_assign(std::move(key), std::optional<std::string>(std::move(value)));
}

void Overlay::Delete(std::string key) {
  bytes_ += key.size();
  changes_.insert_or_assign(std::move(key), std::optional<std::string>());
}

void Overlay::MoveInto(Overlay& parent) {
  if (parent.changes_.empty()) {
    parent.changes_.swap(changes_);
  } else {
    for (auto& [key, value] : changes_) {
      parent.changes_.insert_or_assign(key, std::move(value));
    }
  }
  parent.bytes_ += bytes_;
  changes_.clear();
  bytes_ = 0;
}

}  // namespace lianjie::storage
