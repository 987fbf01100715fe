#include "storage/name_table.h"

#include <cstring>
#include <random>

#include "engine/core/status.h"
#include "engine/core/text.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kFirstSlots = 1024;

// Nobody can choose ids that collide without knowing it.
std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
  }();
  return seed;
}

}  // namespace

NameHash HashName(std::string_view id) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data(), id.size(), Seed());
  return {.high = hash.high64, .low = hash.low64};
}

std::uint64_t HashId(std::string_view id) {
  return XXH3_64bits_withSeed(id.data(), id.size(), Seed());
}

NameTable::NameTable(const SpillSpace& space, std::size_t most_bytes, std::size_t log_bytes)
    : most_bytes_(space.folder.empty() ? ~std::size_t{0} : most_bytes),
      slots_(kFirstSlots),
      log_(space, log_bytes) {}

std::size_t NameTable::SlotOf(const NameHash& hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = Home(hash);
  while (slots_[at] != 0 && (((slots_[at] ^ hash.high) & kHashMask) != 0 ||
                             (*this)[IndexIn(slots_[at])].hash != hash)) {
    at = (at + 1) & mask;
  }
  return at;
}

std::optional<NameIndex> NameTable::Find(const NameHash& hash) const {
  const std::uint64_t found = slots_[SlotOf(hash)];
  return found == 0 ? std::nullopt : std::optional<NameIndex>(IndexIn(found));
}

void NameTable::Grow() {
  const std::size_t size = slots_.size() * 2;
  slots_ = std::vector<std::uint64_t>();  // what is given back makes room for what comes
  slots_.resize(size);
  const std::size_t mask = slots_.size() - 1;
  for (NameIndex i = 0; i < size_; ++i) {
    const NameHash& hash = (*this)[i].hash;
    std::size_t at = Home(hash);
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = Slot(hash, i);
  }
}

absl::StatusOr<NameIndex> NameTable::Add(const NameHash& hash, std::string_view id) {
  std::size_t slot = SlotOf(hash);
  if (slots_[slot] != 0) return IndexIn(slots_[slot]);
  if ((size_ + 1) * std::size_t{4} > slots_.size() * 3) {
    Grow();
    slot = SlotOf(hash);
  }
  if (size_ % kBlock == 0) {
    const std::size_t bytes =
        (blocks_.size() + 1) * kBlock * sizeof(Name) + slots_.size() * sizeof(slots_[0]);
    if (bytes > most_bytes_ && size_ > 0) {
      return MakeError(absl::StatusCode::kResourceExhausted,
                       Cat("the load names more than ", size_,
                           " nodes, for which its memory is too ", "small: give it more"),
                       {.reason = Reason::kMemoryExhausted,
                        .field = {},
                        .row = {},
                        .metadata = {{"limit_bytes", Cat(most_bytes_)}, {"bytes", Cat(bytes)}}});
    }
    blocks_.push_back(std::make_unique<Name[]>(kBlock));
  }
  if (size_ % kTextsApart == 0) text_at_.push_back(log_.size());
  const auto length = static_cast<std::uint16_t>(id.size());
  LIANJIE_RETURN_IF_ERROR(log_.Append({reinterpret_cast<const char*>(&length), sizeof length}));
  LIANJIE_RETURN_IF_ERROR(log_.Append(id));
  const NameIndex index = size_++;
  (*this)[index].hash = hash;
  slots_[slot] = Slot(hash, index);
  return index;
}

absl::StatusOr<std::string_view> NameTable::Texts::Next() {
  LIANJIE_ASSIGN_OR_RETURN(const std::string_view head, reader_.Take(sizeof(std::uint16_t)));
  std::uint16_t length = 0;
  std::memcpy(&length, head.data(), sizeof length);
  return reader_.Take(length);
}

absl::StatusOr<std::string> NameTable::Text(NameIndex i) const {
  std::uint64_t at = text_at_[i / kTextsApart];
  std::uint16_t length = 0;
  for (std::uint32_t k = i % kTextsApart;; --k) {
    LIANJIE_RETURN_IF_ERROR(log_.Read(at, reinterpret_cast<char*>(&length), sizeof length));
    at += sizeof length;
    if (k == 0) break;
    at += length;
  }
  std::string text(length, '\0');
  LIANJIE_RETURN_IF_ERROR(log_.Read(at, text.data(), length));
  return text;
}

}  // namespace lianjie::storage
