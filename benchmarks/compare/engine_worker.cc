// The engine as one of the systems that are compared: compare_engine THREADS, then lines
// (worker.h).
#include <cstdio>
#include <string>

#include "engine_kernels.h"
#include "worker.h"

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: compare_engine THREADS\n", stderr);
    return 2;
  }
  lianjie::compare::Engine engine(std::stoi(words[1]));
  return lianjie::compare::Serve(
      [&](lianjie::compare::GraphFile graph) { engine.Load(std::move(graph)); }, engine.Kernels());
}
