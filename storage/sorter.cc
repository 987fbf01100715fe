#include "storage/sorter.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kGrowInOneBytes = std::size_t{1} << 20;

// Up to 8 bytes as a number whose order is theirs.
std::uint64_t HeadOf(std::string_view key) {
  std::uint64_t head = 0;
  if (key.size() >= 8) {
    std::memcpy(&head, key.data(), 8);
    return __builtin_bswap64(head);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    head = head << 8U | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return head;
}

std::string_view Behind(std::string_view text, std::size_t bytes) {
  return text.substr(std::min(text.size(), bytes));
}

}  // namespace

ByteSorter::ByteSorter(const SpillSpace& space, std::size_t memory_bytes)
    : file_(space),
      most_bytes_(space.folder.empty() ? ~std::size_t{0}
                                       : std::max<std::size_t>(memory_bytes, kGrowInOneBytes)) {}

absl::Status ByteSorter::Add(std::string_view key, std::string_view value) {
  const Sizes sizes{.key = static_cast<std::uint32_t>(key.size()),
                    .value = static_cast<std::uint32_t>(value.size())};
  const std::size_t size = sizeof sizes + key.size() + value.size();
  if (!places_.empty() &&
      bytes_.size() + size + (places_.size() + 1) * sizeof(Place) > most_bytes_) {
    LIANJIE_RETURN_IF_ERROR(SpillRun());
  }
  const std::size_t begin = bytes_.size();
  if (begin + size > bytes_.capacity() && begin > kGrowInOneBytes) {
    bytes_.reserve(std::max(begin + size, std::min(most_bytes_, begin * 4)));
  }
  bytes_.resize(begin + size);
  char* to = bytes_.data() + begin;
  std::memcpy(to, &sizes, sizeof sizes);
  std::memcpy(to + sizeof sizes, key.data(), key.size());
  if (!value.empty()) std::memcpy(to + sizeof sizes + key.size(), value.data(), value.size());
  places_.push_back({.begin = begin});
  return absl::OkStatus();
}

absl::Status ByteSorter::Sort() {
  if (!runs_.empty()) return places_.empty() ? absl::OkStatus() : SpillRun();
  SortPlaces();
  return absl::OkStatus();
}

std::string_view ByteSorter::KeyAt(std::uint64_t begin) const {
  Sizes sizes;
  std::memcpy(&sizes, bytes_.data() + begin, sizeof sizes);
  return {bytes_.data() + begin + sizeof sizes, sizes.key};
}

void ByteSorter::SortPlaces() {
  if (places_.empty()) return;
  const std::string_view first = KeyAt(places_.front().begin);
  std::size_t shared = first.size();
  for (const Place& place : places_) {
    const std::string_view key = KeyAt(place.begin);
    shared = std::min(shared, key.size());
    shared = static_cast<std::size_t>(
        std::mismatch(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(shared),
                      key.begin())
            .first -
        first.begin());
  }
  for (Place& place : places_) {
    const std::string_view key = KeyAt(place.begin);
    place.high = HeadOf(Behind(key, shared));
    place.low = HeadOf(Behind(key, shared + 8));
  }
  tbb::parallel_sort(places_.begin(), places_.end(),
                     [this, shared](const Place& a, const Place& b) {
                       if (a.high != b.high) return a.high < b.high;
                       if (a.low != b.low) return a.low < b.low;
                       return Behind(KeyAt(a.begin), shared) < Behind(KeyAt(b.begin), shared);
                     });
}

absl::Status ByteSorter::SpillRun() {
  SortPlaces();
  const std::uint64_t begin = file_.size();
  std::string piece;
  for (const Place& place : places_) {
    Sizes sizes;
    std::memcpy(&sizes, bytes_.data() + place.begin, sizeof sizes);
    piece.append(bytes_.data() + place.begin, sizeof sizes + sizes.key + sizes.value);
    if (piece.size() < kGrowInOneBytes) continue;
    LIANJIE_RETURN_IF_ERROR(file_.Append(piece));
    piece.clear();
  }
  LIANJIE_RETURN_IF_ERROR(file_.Append(piece));
  runs_.push_back({.begin = begin, .end = file_.size()});
  bytes_.clear();
  places_.clear();
  return absl::OkStatus();
}

ByteSorter::Stream::Stream(const ByteSorter& sorter) : sorter_(&sorter) {
  const std::size_t buffer = RunBufferBytes(sorter.most_bytes_, sorter.runs_.size());
  for (const SortedRun& run : sorter.runs_) {
    readers_.emplace_back(sorter.file_, run.begin, run.end, buffer);
  }
}

absl::Status ByteSorter::Stream::Push(std::size_t run) {
  if (readers_[run].AtEnd()) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(std::string_view bytes, readers_[run].Peek(sizeof(Sizes)));
  Sizes sizes;
  std::memcpy(&sizes, bytes.data(), sizeof sizes);
  LIANJIE_ASSIGN_OR_RETURN(bytes, readers_[run].Peek(sizeof sizes + sizes.key + sizes.value));
  heap_.push_back({.key = bytes.substr(sizeof sizes, sizes.key), .run = run});
  std::push_heap(heap_.begin(), heap_.end(), After);
  return absl::OkStatus();
}

absl::StatusOr<bool> ByteSorter::Stream::Next(std::string_view& key, std::string_view& value) {
  const auto take = [&](const char* pair) {
    Sizes sizes;
    std::memcpy(&sizes, pair, sizeof sizes);
    key = {pair + sizeof sizes, sizes.key};
    value = {pair + sizeof sizes + sizes.key, sizes.value};
    return sizeof sizes + sizes.key + sizes.value;
  };
  if (readers_.empty()) {
    if (position_ == sorter_->places_.size()) return false;
    take(sorter_->bytes_.data() + sorter_->places_[position_++].begin);
    return true;
  }
  if (!begun_) {
    begun_ = true;
    for (std::size_t i = 0; i < readers_.size(); ++i) LIANJIE_RETURN_IF_ERROR(Push(i));
  } else {
    // What was given last lay in the reader's buffer until now.
    LIANJIE_RETURN_IF_ERROR(Push(last_));
  }
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), After);
  const Head head = heap_.back();
  heap_.pop_back();
  last_ = head.run;
  const std::size_t size = take(head.key.data() - sizeof(Sizes));
  return readers_[head.run].Take(size).status().ok()
             ? absl::StatusOr<bool>(true)
             : absl::InternalError("a spilled record is cut off");
}

}  // namespace lianjie::storage
