// Boost.Graph as one of the systems that are compared: compare_boost, then lines (worker.h).
#include "boost_kernels.h"
#include "worker.h"

int main() {
  lianjie::compare::BoostGraph graph;
  return lianjie::compare::Serve(
      [&](lianjie::compare::GraphFile file) { graph.Load(std::move(file)); }, graph.Kernels());
}
