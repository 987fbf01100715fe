// Names of invented places, people and organisations. Every name of a place or an organisation
// begins with 合成 (synthetic); households are a surname with 某 (so-and-so), as Chinese reports
// write people who must not be known.
#ifndef LIANJIE_ENGINE_GENERATE_NAMES_H_
#define LIANJIE_ENGINE_GENERATE_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/generate/random.h"

namespace lianjie {

// Two characters, different for each index below 400; beyond that a number follows.
std::string PlaceName(std::size_t index);

// "合成" + place + what it is.
std::string SyntheticName(std::string_view place, std::string_view what);

// "王某" and so on, in about the shares in which surnames occur.
std::string_view PersonName(Random& random);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GENERATE_NAMES_H_
