#include "storage/graph_digest.h"

#define XXH_INLINE_ALL  // records are short: a call would cost as much as the hash
#include "xxhash.h"

namespace lianjie::storage {
namespace {

// The first byte of what is hashed, so that records of different kinds never meet.
enum class RecordByte : unsigned char { kNode = 1, kLink = 2, kRegion = 3, kLine = 4 };

// Lays a record's bytes in a row. One at a time and thread.
class RecordBytes {
 public:
  explicit RecordBytes(RecordByte kind) : bytes_(Buffer()) {
    bytes_.assign(1, static_cast<char>(kind));
  }
  RecordBytes& Number(std::uint64_t number, int size) {
    while (size-- > 0) bytes_.push_back(static_cast<char>(number >> (8 * size)));
    return *this;
  }
  // With its length before it.
  RecordBytes& Text(std::string_view text) {
    Number(text.size(), 4);
    bytes_.append(text);
    return *this;
  }
  absl::uint128 Hash(std::string_view value) {
    bytes_.append(value);
    return BytesHash(bytes_);
  }

 private:
  static std::string& Buffer() {
    thread_local std::string buffer;
    return buffer;
  }

  std::string& bytes_;
};

}  // namespace

absl::uint128 BytesHash(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return absl::MakeUint128(hash.high64, hash.low64);
}

absl::uint128 NodeHash(std::string_view value) {
  return RecordBytes(RecordByte::kNode).Hash(value);
}

absl::uint128 LinkHash(std::string_view source, std::string_view target, Mechanism mechanism,
                       std::string_view value) {
  return RecordBytes(RecordByte::kLink)
      .Text(source)
      .Text(target)
      .Number(static_cast<std::uint64_t>(mechanism), 1)
      .Hash(value);
}

absl::uint128 RegionHash(std::string_view code, std::string_view value) {
  return RecordBytes(RecordByte::kRegion).Text(code).Hash(value);
}

absl::uint128 LineHash(std::string_view region, std::int64_t year, std::string_view value) {
  return RecordBytes(RecordByte::kLine)
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
