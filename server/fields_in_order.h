// Messages of Protocol Buffers read field by field in the order of their numbers, which is how
// libraries write them: each field is asked for once, in that order, and taken when it is the next.
// Whatever is not as usual (another order, a field twice or unknown, another wire type, a number
// that is negative or too large, text that is not UTF-8, bytes that end early) is not read at all:
// WasUsual() is false at the end, and the message is left to the library, which alone knows what
// the wire format allows and what is an error. Reads nothing beyond its bytes, whatever they are.
#ifndef LIANJIE_SERVER_FIELDS_IN_ORDER_H_
#define LIANJIE_SERVER_FIELDS_IN_ORDER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/enums.h"
#include "engine/core/printable.h"
#include "engine/core/text.h"

namespace lianjie::server {

// One thread. Each method sets its argument to the field's value or, where the message has none, to
// what the record has for it; after something unusual, what they set is not to be used.
class FieldsInOrder {
 public:
  explicit FieldsInOrder(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {
    Next();
  }

  // After the last field: whether the message held nothing else.
  bool WasUsual() const { return tag_ == kEnd; }
  void GiveUp() {
    at_ = end_;
    tag_ = kUnusual;
  }

  // A text, which must be UTF-8.
  void Take(std::uint32_t field, std::string& to) {
    if (tag_ != (field << 3U | kBytes)) return to.clear();
    const std::string_view text = Text();
    to.assign(text);
    Next();
  }
  void Take(std::uint32_t field, std::string_view& to) {
    to = {};
    if (tag_ != (field << 3U | kBytes)) return;
    to = Text();
    Next();
  }
  void Take(std::uint32_t field, std::optional<double>& to) {
    if (tag_ != (field << 3U | kFixed64)) return to.reset();
    to = Double();
    Next();
  }
  // An int32.
  void Take(std::uint32_t field, std::optional<std::int64_t>& to) {
    if (tag_ != (field << 3U | kVarint)) return to.reset();
    to = Number();
    Next();
  }
  void Take(std::uint32_t field, int& to) {
    to = 0;
    if (tag_ != (field << 3U | kVarint)) return;
    to = static_cast<int>(Number());
    Next();
  }
  template <typename E>
  requires std::is_enum_v<E>
  void Take(std::uint32_t field, E& to) {
    to = E{};
    if (tag_ != (field << 3U | kVarint)) return;
    to = EnumOf<E>(Number());
    Next();
  }
  // The bytes of each message, or text, of a repeated field; false after the last.
  bool TakeNext(std::uint32_t field, std::string_view& to) {
    if (tag_ != (field << 3U | kBytes)) return false;
    to = Bytes();
    Next();
    return tag_ != kUnusual;
  }
  bool TakeNextText(std::uint32_t field, std::string_view& to) {
    if (!TakeNext(field, to)) return false;
    if (!IsText(to)) GiveUp();
    return tag_ != kUnusual;
  }
  // Of a repeated field of numbers that stand packed: each as `Each` takes it.
  template <typename Each> void TakePacked(std::uint32_t field, Each each) {
    std::string_view packed;
    if (!TakeNext(field, packed)) return;
    FieldsInOrder numbers(packed.data(), packed.data() + packed.size());
    while (numbers.at_ != numbers.end_) each(numbers.Number());
    if (numbers.tag_ == kUnusual) GiveUp();
  }
  template <typename E> E EnumOf(std::uint64_t number) {
    static const std::size_t size = EnumNames<E>().size();
    if (number >= size) GiveUp();
    return static_cast<E>(number);
  }

 private:
  enum : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };
  // Tags that no field has: the field's number 0 is none.
  enum : std::uint32_t { kEnd = 0, kUnusual = 1 };
  static constexpr std::uint64_t kMostNumber = std::numeric_limits<std::int32_t>::max();

  FieldsInOrder(const char* begin, const char* end) : at_(begin), end_(end), tag_(kEnd) {}

  // A tag of one byte or two: of no field beyond 2,047.
  void Next() {
    if (at_ == end_) {
      if (tag_ != kUnusual) tag_ = kEnd;
      return;
    }
    tag_ = static_cast<unsigned char>(*at_++);
    if (tag_ >= 0x80) {
      const std::uint32_t high = at_ == end_ ? 0x80 : static_cast<unsigned char>(*at_++);
      if (high >= 0x80) return GiveUp();
      tag_ = (tag_ & 0x7FU) | high << 7U;
    }
    if (tag_ < 8) GiveUp();
  }
  std::uint64_t Number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        if (value > kMostNumber) break;
        return value;
      }
    }
    GiveUp();
    return 0;
  }
  double Double() {
    double value = 0;
    if (static_cast<std::size_t>(end_ - at_) < sizeof value) {
      GiveUp();
      return value;
    }
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string_view Bytes() {
    const std::uint64_t size = Number();
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      GiveUp();
      return {};
    }
    const std::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }
  std::string_view Text() {
    const std::string_view text = Bytes();
    if (!IsText(text)) GiveUp();
    return text;
  }
  static bool IsText(std::string_view bytes) {
    return IsPrintableAscii(bytes) || IsValidUtf8(bytes);
  }

  const char* at_;
  const char* end_;
  std::uint32_t tag_ = kEnd;  // of the next field
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_FIELDS_IN_ORDER_H_
