#include "engine/generate/names.h"

#include <array>

#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr std::array<std::string_view, 20> kFirst = {"云", "青", "石", "竹", "松", "白", "龙",
                                                     "凤", "清", "金", "银", "大", "新", "长",
                                                     "平", "高", "水", "花", "双", "永"};
constexpr std::array<std::string_view, 20> kSecond = {"溪", "山", "坪", "泉", "岭", "湾", "桥",
                                                      "坡", "塘", "寨", "河", "洞", "田", "林",
                                                      "井", "坝", "岩", "冲", "垭", "场"};
constexpr std::array<std::string_view, 16> kPeople = {
    "王某", "李某", "张某", "刘某", "陈某", "杨某", "黄某", "赵某",
    "吴某", "周某", "徐某", "孙某", "马某", "朱某", "胡某", "罗某"};

}  // namespace

std::string PlaceName(std::size_t index) {
  const std::size_t row = index / kFirst.size();
  const std::size_t round = row / kSecond.size();
  const std::string_view first = kFirst[index % kFirst.size()];
  const std::string_view second = kSecond[(row + index) % kSecond.size()];
  return round == 0 ? Cat(first, second) : Cat(first, second, round + 1);
}

std::string SyntheticName(std::string_view place, std::string_view what) {
  return Cat("合成", place, what);
}

std::string_view PersonName(Random& random) {
  // The smaller of two draws: the first names are the frequent ones.
  const std::uint64_t a = random.Below(kPeople.size());
  const std::uint64_t b = random.Below(kPeople.size());
  return kPeople[a < b ? a : b];
}

}  // namespace lianjie
