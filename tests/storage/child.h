// Other processes for the tests of locks, crashes and failing disks: this same executable, started
// anew with a role to play. (A fork would take over a database library without its threads.)
#ifndef LIANJIE_TESTS_STORAGE_CHILD_H_
#define LIANJIE_TESTS_STORAGE_CHILD_H_

#include <sys/types.h>

#include <string>

namespace lianjie::storage {

class Child {
 public:
  // Roles: "hold" opens the store and waits; "commit" commits one node after the other; "load"
  // loads until it is killed; "fail" commits until the disk takes no more, and says what the store
  // says then; "migrate" migrates the store.
  Child(const std::string& role, const std::string& path);
  ~Child();  // kills it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // The next line that it prints; empty at its end.
  std::string ReadLine();
  void Kill();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string buffer_;
};

// The main of a child; returns its exit code.
int PlayRole(const std::string& role, const std::string& path);

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_CHILD_H_
