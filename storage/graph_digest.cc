#include "storage/graph_digest.h"

#include <cstddef>
#include <cstring>
#include <memory>

#define XXH_INLINE_ALL  // records are short: a call would cost as much as the hash
#include "xxhash.h"

namespace lianjie::storage {
namespace {

// The first byte of what is hashed, so that records of different kinds never meet.
enum class RecordByte : unsigned char { kNode = 1, kLink = 2, kRegion = 3, kLine = 4 };

// Lays a record's bytes in a row: on the stack where they fit, as nearly all do. What is hashed in
// parts would cost more than the hash itself.
class RecordBytes {
 public:
  // `most`: of all that will be laid.
  RecordBytes(RecordByte kind, std::size_t most) : at_(small_) {
    if (most > sizeof small_) {
      large_ = std::make_unique<char[]>(most);
      at_ = large_.get();
    }
    begin_ = at_;
    *at_++ = static_cast<char>(kind);
  }
  RecordBytes& Number(std::uint64_t number, int size) {
    while (size-- > 0) *at_++ = static_cast<char>(number >> (8 * size));
    return *this;
  }
  // With its length before it.
  RecordBytes& Text(std::string_view text) { return Number(text.size(), kLengthBytes).Raw(text); }
  absl::uint128 Hash(std::string_view value) {
    Raw(value);
    return BytesHash({begin_, static_cast<std::size_t>(at_ - begin_)});
  }

  static constexpr std::size_t kKindBytes = 1;
  static constexpr int kLengthBytes = 4;

 private:
  RecordBytes& Raw(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return *this;
  }

  char small_[1024];
  std::unique_ptr<char[]> large_;
  char* begin_;
  char* at_;
};

// Room for the kind, two texts and a number.
std::size_t MostBytes(std::string_view a, std::string_view b, std::string_view value) {
  return RecordBytes::kKindBytes + 2 * std::size_t{RecordBytes::kLengthBytes} + a.size() +
         b.size() + sizeof(std::uint64_t) + value.size();
}

}  // namespace

absl::uint128 BytesHash(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return absl::MakeUint128(hash.high64, hash.low64);
}

absl::uint128 NodeHash(std::string_view value) {
  return RecordBytes(RecordByte::kNode, MostBytes({}, {}, value)).Hash(value);
}

absl::uint128 LinkHash(std::string_view source, std::string_view target, Mechanism mechanism,
                       std::string_view value) {
  return RecordBytes(RecordByte::kLink, MostBytes(source, target, value))
      .Text(source)
      .Text(target)
      .Number(static_cast<std::uint64_t>(mechanism), 1)
      .Hash(value);
}

absl::uint128 RegionHash(std::string_view code, std::string_view value) {
  return RecordBytes(RecordByte::kRegion, MostBytes(code, {}, value)).Text(code).Hash(value);
}

absl::uint128 LineHash(std::string_view region, std::int64_t year, std::string_view value) {
  return RecordBytes(RecordByte::kLine, MostBytes(region, {}, value))
      .Text(region)
      .Number(static_cast<std::uint64_t>(year), 8)
      .Hash(value);
}

std::string DigestBytes(absl::uint128 digest) {
  std::string out;
  for (int shift = 120; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(absl::Uint128Low64(digest >> shift) & 0xFFU));
  }
  return out;
}

std::optional<absl::uint128> ParseDigestBytes(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  absl::uint128 digest = 0;
  for (const char c : bytes) digest = digest << 8 | static_cast<unsigned char>(c);
  return digest;
}

std::string DigestText(absl::uint128 digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 124; shift >= 0; shift -= 4) {
    out.push_back(kDigits[absl::Uint128Low64(digest >> shift) & 0xFU]);
  }
  return out;
}

std::optional<absl::uint128> ParseDigestText(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  absl::uint128 digest = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    digest = digest << 4 | static_cast<unsigned>(digit ? c - '0' : c - 'a' + 10);
  }
  return digest;
}

}  // namespace lianjie::storage
