// The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding), as far as reading
// values field by field needs it. A scan decodes tens of millions of values: straight into records
// it costs a third of the way through messages. Reads nothing beyond its bytes, whatever they are.
#ifndef LIANJIE_STORAGE_WIRE_H_
#define LIANJIE_STORAGE_WIRE_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace lianjie::storage {

// One thread. After a failure (what is there is not what was asked for, or is cut off) it is at its
// end and failed().
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool failed() const { return failed_; }
  void Fail() {
    failed_ = true;
    at_ = end_;
  }
  // The number of the next field; 0 at the end.
  std::uint32_t NextField() {
    if (at_ == end_) return 0;
    const std::uint64_t tag = Varint();
    type_ = static_cast<std::uint32_t>(tag & 7U);
    const std::uint64_t field = tag >> 3U;
    if (field == 0 || field > kMostField) Fail();
    return failed_ ? 0 : static_cast<std::uint32_t>(field);
  }

  // The value of the field: its type must be the one that is asked for.
  std::uint64_t Number() { return Is(kVarint) ? Varint() : 0; }
  std::int64_t ZigZag() {
    const std::uint64_t n = Number();
    return static_cast<std::int64_t>(n >> 1U) ^ -static_cast<std::int64_t>(n & 1U);
  }
  double Double() {
    if (!Is(kFixed64) || !Has(sizeof(std::uint64_t))) return 0;
    static_assert(std::endian::native == std::endian::little);
    double value = 0;
    std::memcpy(&value, at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }
  std::string_view Bytes() {
    if (!Is(kBytes)) return {};
    const std::uint64_t size = Varint();
    if (!Has(size)) return {};
    const std::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }
  void Skip() {
    switch (type_) {
      case kVarint:
        Varint();
        return;
      case kFixed64:
        Double();
        return;
      case kBytes:
        Bytes();
        return;
      case kFixed32:
        if (Has(sizeof(std::uint32_t))) at_ += sizeof(std::uint32_t);
        return;
      default:
        Fail();
    }
  }

  // The value as the field of a record takes it.
  void Take(std::string& to) { to.assign(Bytes()); }
  void Take(std::int64_t& to) { to = static_cast<std::int64_t>(Number()); }
  void Take(std::optional<std::int64_t>& to) { to = static_cast<std::int64_t>(Number()); }
  void Take(std::optional<double>& to) { to = Double(); }
  template <typename Enum> void TakeEnum(Enum& to) { to = static_cast<Enum>(Number()); }
  // Of a repeated field of numbers, which stands packed or one by one.
  template <typename Each> void Numbers(Each each) {
    if (type_ != kBytes) return each(Number());
    WireReader packed(Bytes());
    while (packed.at_ != packed.end_) each(packed.Varint());
    if (packed.failed_) Fail();
  }

 private:
  enum : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  static constexpr std::uint64_t kMostField = (1U << 29U) - 1;

  bool Is(std::uint32_t type) {
    if (type_ != type) Fail();
    return !failed_;
  }
  bool Has(std::uint64_t bytes) {
    if (bytes > static_cast<std::uint64_t>(end_ - at_)) Fail();
    return !failed_;
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    Fail();
    return 0;
  }

  const char* at_;
  const char* end_;
  std::uint32_t type_ = 0;
  bool failed_ = false;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_WIRE_H_
