// Faults to plant below the store's own code, of each kind one, and what the check must say of it.
#ifndef LIANJIE_TESTS_STORAGE_PLANTED_FAULTS_H_
#define LIANJIE_TESTS_STORAGE_PLANTED_FAULTS_H_

#include <string>
#include <vector>

#include "storage/key_value.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {

// A graph with one of everything: nodes 0 (A), 1 (B) and 2 (007), link 0 (L) from A to B, a load.
Subject Planted();

struct PlantedFault {
  std::string name;
  KeyValueChanges fault;
  std::vector<std::string> said;  // parts of sentences, each in some fault
};
std::vector<PlantedFault> PlantedFaults();

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_PLANTED_FAULTS_H_
