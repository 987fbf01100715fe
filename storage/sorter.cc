#include "storage/sorter.h"

#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kSpillPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kPlacesAtATime = std::size_t{1} << 14;
// Pairs lie anywhere in memory: those that come soon are fetched now.
constexpr std::size_t kAhead = 12;

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
                                       : std::max<std::size_t>(memory_bytes, kSpillPieceBytes)) {}

ByteSorter::Sizes ByteSorter::SizesOf(const char* pair) {
  Sizes sizes;
  std::memcpy(&sizes, pair, sizeof sizes);
  return sizes;
}

std::string_view ByteSorter::KeyOf(const char* pair) {
  return {pair + sizeof(Sizes), SizesOf(pair).key};
}

std::size_t ByteSorter::BytesWith(std::size_t size) const {
  return bytes_used_ + (size > left_ ? std::max(size, kBlockBytes) : 0) +
         (places_.size() + 1) * sizeof(Place);
}

char* ByteSorter::Take(std::size_t size) {
  if (size > left_) {
    if (blocks_used_ == blocks_.size()) blocks_.emplace_back();
    Block& block = blocks_[blocks_used_++];
    if (block.size < size) {
      block.size = std::max(size, kBlockBytes);
      block.bytes = std::make_unique_for_overwrite<char[]>(block.size);
    }
    bytes_used_ += block.size;
    next_ = block.bytes.get();
    left_ = block.size;
  }
  next_ += size;
  left_ -= size;
  return next_ - size;
}

absl::Status ByteSorter::Add(std::string_view key, std::string_view value, std::string_view rest) {
  const Sizes sizes{.key = static_cast<std::uint32_t>(key.size()),
                    .value = static_cast<std::uint32_t>(value.size() + rest.size())};
  const std::size_t size = sizeof sizes + sizes.key + sizes.value;
  if (!places_.empty() && BytesWith(size) > most_bytes_) LIANJIE_RETURN_IF_ERROR(SpillRun());
  if (places_.empty()) {
    first_key_ = key;
    shared_ = key.size();
  } else {
    shared_ = std::min(shared_, key.size());
    if (std::memcmp(first_key_.data(), key.data(), shared_) != 0) {
      const auto end = first_key_.begin() + static_cast<std::ptrdiff_t>(shared_);
      shared_ = static_cast<std::size_t>(std::mismatch(first_key_.begin(), end, key.begin()).first -
                                         first_key_.begin());
    }
  }
  char* const pair = Take(size);
  char* to = pair;
  const auto put = [&to](const char* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
    to += bytes;
  };
  put(reinterpret_cast<const char*>(&sizes), sizeof sizes);
  put(key.data(), key.size());
  put(value.data(), value.size());
  put(rest.data(), rest.size());
  places_.push_back({.pair = pair});
  return absl::OkStatus();
}

absl::Status ByteSorter::Sort() {
  if (!runs_.empty()) return places_.empty() ? absl::OkStatus() : SpillRun();
  SortPlaces();
  return absl::OkStatus();
}

void ByteSorter::SortPlaces() {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, places_.size(), kPlacesAtATime),
                    [this](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i < range.end(); ++i) {
                        Place& place = places_[i];
                        const std::string_view key = KeyOf(place.pair);
                        place.high = HeadOf(Behind(key, shared_));
                        place.low = HeadOf(Behind(key, shared_ + 8));
                      }
                    });
  tbb::parallel_sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
    if (a.high != b.high) return a.high < b.high;
    if (a.low != b.low) return a.low < b.low;
    return Behind(KeyOf(a.pair), shared_) < Behind(KeyOf(b.pair), shared_);
  });
}

absl::Status ByteSorter::SpillRun() {
  SortPlaces();
  const std::uint64_t begin = file_.size();
  std::string piece;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (i + kAhead < places_.size()) __builtin_prefetch(places_[i + kAhead].pair);
    const Sizes sizes = SizesOf(places_[i].pair);
    piece.append(places_[i].pair, sizeof sizes + sizes.key + sizes.value);
    if (piece.size() < kSpillPieceBytes) continue;
    LIANJIE_RETURN_IF_ERROR(file_.Append(piece));
    piece.clear();
  }
  LIANJIE_RETURN_IF_ERROR(file_.Append(piece));
  runs_.push_back({.begin = begin, .end = file_.size()});
  places_.clear();
  blocks_used_ = 0;
  bytes_used_ = 0;
  left_ = 0;
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
    const Sizes sizes = SizesOf(pair);
    key = {pair + sizeof sizes, sizes.key};
    value = {pair + sizeof sizes + sizes.key, sizes.value};
    return sizeof sizes + sizes.key + sizes.value;
  };
  if (readers_.empty()) {
    if (position_ == sorter_->places_.size()) return false;
    const std::vector<Place>& places = sorter_->places_;
    if (position_ + kAhead < places.size()) {
      const char* const soon = places[position_ + kAhead].pair;
      __builtin_prefetch(soon);
      __builtin_prefetch(soon + 64);
    }
    take(places[position_++].pair);
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
