// A 128-bit digest (FNV-1a) that is the same on every machine and in every release: it tells a
// retry of a request from another request under its id, and seals page tokens and the witness
// against accidents. It is no protection against somebody who wants to make two things collide.
#ifndef LIANJIE_STORAGE_DIGEST_H_
#define LIANJIE_STORAGE_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"

namespace lianjie::storage {

class Digest {
 public:
  // Parts are told apart: ("ab", "c") differs from ("a", "bc").
  void Add(std::string_view part) {
    AddNumber(part.size());
    for (const char c : part) Byte(static_cast<unsigned char>(c));
  }
  void AddNumber(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) Byte(static_cast<unsigned char>(number >> (8 * i)));
  }
  // 16 bytes.
  std::string bytes() const {
    std::string out;
    for (int i = 15; i >= 0; --i) {
      out.push_back(static_cast<char>(absl::Uint128Low64(state_ >> (8 * i)) & 0xFFU));
    }
    return out;
  }
  std::uint64_t low64() const { return absl::Uint128Low64(state_) ^ absl::Uint128High64(state_); }

 private:
  void Byte(unsigned char byte) { state_ = (state_ ^ byte) * kPrime; }

  static constexpr absl::uint128 kPrime = absl::MakeUint128(0x0000000001000000, 0x000000000000013B);
  absl::uint128 state_ = absl::MakeUint128(0x6c62272e07bb0142, 0x62b821756295c58d);
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_DIGEST_H_
