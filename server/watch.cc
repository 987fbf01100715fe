#include "server/watch.h"

#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/change_stream.h"
#include "server/errors.h"

namespace lianjie::server {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::chrono::milliseconds kTick{50};

using Clock = std::chrono::steady_clock;

absl::Status Error(absl::StatusCode code, Reason reason, std::string_view message) {
  return MakeError(code, message, {.reason = reason, .field = {}, .row = {}, .metadata = {}});
}

}  // namespace

// Held by itself from Begin to OnDone. gRPC's own operations are begun with the mutex held, which
// it allows, so that they are begun one at a time; nothing of the hub is called with it.
class Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                    public std::enable_shared_from_this<Watch> {
 public:
  explicit Watch(WatchHub& hub) : hub_(hub) {}

  const std::string& graph() const { return graph_; }

  void Begin(const grpc::ByteBuffer& request) {
    const auto self = shared_from_this();
    self_ = self;
    const absl::Status status = Guarded([&]() -> absl::Status {
      v1::WatchRequest message;
      LIANJIE_RETURN_IF_ERROR(ParseMessage(request, hub_.limits_.max_message_bytes, message));
      LIANJIE_ASSIGN_OR_RETURN(WatchSpec spec, ReadWatch(message));
      graph_ = spec.graph;
      heartbeat_ = spec.heartbeat;
      changes_.emplace(hub_.store_, std::move(spec));
      return hub_.Add(self);
    });
    if (!status.ok()) return End(status);
    Wake();
  }

  // There may be more to send.
  void Wake() {
    const auto self = shared_from_this();
    const std::lock_guard lock(mutex_);
    wanted_ = true;
    FillIfEmpty();
  }

  void Tick(Clock::time_point now) {
    const auto self = shared_from_this();
    const std::lock_guard lock(mutex_);
    if (over_) return;
    if (outstanding_ && now - moved_ > hub_.limits_.stall) {
      EndLocked(Error(absl::StatusCode::kDeadlineExceeded, Reason::kDeadlineExceeded,
                      Cat("the reader took no message for ", hub_.limits_.stall.count(), " ms")));
    } else if (!outstanding_ && !filling_ && buffer_.empty() && now - moved_ >= heartbeat_) {
      Append(changes_->Checkpoint());
      Send();
    }
  }

  void End(const absl::Status& status) {
    const auto self = shared_from_this();
    const std::lock_guard lock(mutex_);
    EndLocked(status);
  }

  void OnWriteDone(bool ok) override {
    const auto self = shared_from_this();
    const std::lock_guard lock(mutex_);
    outstanding_ = false;
    moved_ = Clock::now();
    if (!ok) return EndLocked(Cancelled());
    Send();
  }
  void OnCancel() override { End(Cancelled()); }
  void OnDone() override {
    const auto self = std::move(self_);
    hub_.Remove(self);
  }

 private:
  static absl::Status Cancelled() {
    return Error(absl::StatusCode::kCancelled, Reason::kCancelled, "the caller cancelled");
  }

  // The rest with the mutex held.

  void EndLocked(const absl::Status& status) {
    if (std::exchange(over_, true)) return;
    buffer_.clear();
    Finish(ToGrpcStatus(status));
  }

  void Append(const v1::WatchResponse& message) {
    absl::StatusOr<grpc::ByteBuffer> bytes = SerializeMessage(message);
    if (bytes.ok()) {
      buffer_.push_back(*std::move(bytes));
    } else {
      EndLocked(bytes.status());
    }
  }

  void Send() {
    if (over_ || outstanding_) return;
    if (buffer_.empty()) return FillIfEmpty();
    outstanding_ = true;
    moved_ = Clock::now();
    sending_ = std::move(buffer_.front());
    buffer_.pop_front();
    StartWrite(&sending_);
  }

  void FillIfEmpty() {
    if (over_ || !wanted_ || filling_ || outstanding_ || !buffer_.empty()) return;
    filling_ = true;
    wanted_ = false;
    const absl::Status status = hub_.lane_.Submit(
        {.run = [self = shared_from_this()] { self->Fill(); },
         .drop = [self = shared_from_this()](const absl::Status& why) { self->End(why); }});
    if (!status.ok()) EndLocked(status);
  }

  // In the lane, without the mutex: `changes_` is its own while `filling_`.
  void Fill() {
    std::vector<v1::WatchResponse> messages;
    bool all = false;
    const absl::Status status = Guarded([&]() -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(all, changes_->Next(kBufferBytes, messages));
      return absl::OkStatus();
    });
    const std::lock_guard lock(mutex_);
    filling_ = false;
    for (const v1::WatchResponse& message : messages) {
      if (!over_) Append(message);
    }
    if (!status.ok()) return EndLocked(status);
    // What comes is long in coming: a sign of life meanwhile.
    const bool silent = messages.empty() && Clock::now() - moved_ >= heartbeat_;
    if (!all && silent && !over_ && !outstanding_) Append(changes_->Checkpoint());
    wanted_ = wanted_ || !all;
    Send();
  }

  WatchHub& hub_;
  std::shared_ptr<Watch> self_;
  std::string graph_;
  std::chrono::milliseconds heartbeat_{0};
  std::optional<ChangeStream> changes_;
  std::mutex mutex_;
  bool wanted_ = false;   // the feed may have more than was read
  bool filling_ = false;  // the lane reads it, or is to
  bool outstanding_ = false;
  bool over_ = false;
  Clock::time_point moved_ = Clock::now();  // when a message was last begun or taken
  std::deque<grpc::ByteBuffer> buffer_;
  grpc::ByteBuffer sending_;
};

WatchHub::WatchHub(const storage::Store& store, std::size_t max_watches, const CallLimits& limits)
    : store_(store),
      max_watches_(max_watches),
      limits_(limits),
      lane_("watch", kThreads, std::numeric_limits<std::size_t>::max()),
      clock_([this] { KeepTime(); }) {}

WatchHub::~WatchHub() { Stop(); }

grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchHub::Start(const grpc::ByteBuffer& request) {
  const auto watch = std::make_shared<Watch>(*this);
  watch->Begin(request);
  return watch.get();  // it lives until gRPC is done with it
}

absl::Status WatchHub::Add(const std::shared_ptr<Watch>& watch) {
  const std::lock_guard lock(mutex_);
  if (stopped_) {
    return Error(absl::StatusCode::kUnavailable, Reason::kUnavailable,
                 "the server is shutting down");
  }
  if (watches_.size() >= max_watches_) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     Cat("there are ", max_watches_, " watches already, the most at once"),
                     {.reason = Reason::kLimitExceeded,
                      .field = {},
                      .row = {},
                      .metadata = {{"limit", "watches"},
                                   {"value", Cat(max_watches_)},
                                   {"needed", Cat(max_watches_ + 1)}}});
  }
  watches_.insert(watch);
  wake_.notify_one();
  return absl::OkStatus();
}

void WatchHub::Remove(const std::shared_ptr<Watch>& watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(watch);
}

std::vector<std::shared_ptr<Watch>> WatchHub::All() {
  const std::lock_guard lock(mutex_);
  return {watches_.begin(), watches_.end()};
}

// A deleted graph is found out by its watches when they look.
void WatchHub::OnCommit(std::string_view graph, std::int64_t /*revision*/) {
  for (const auto& watch : All()) {
    if (watch->graph() == graph) watch->Wake();
  }
}

void WatchHub::KeepTime() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (watches_.empty()) {
      wake_.wait(lock);
      continue;
    }
    wake_.wait_for(lock, kTick, [this] { return stopped_; });
    const std::vector<std::shared_ptr<Watch>> watches(watches_.begin(), watches_.end());
    lock.unlock();
    const Clock::time_point now = Clock::now();
    for (const auto& watch : watches) watch->Tick(now);
    lock.lock();
  }
}

void WatchHub::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }
  for (const auto& watch : All()) {
    watch->End(
        Error(absl::StatusCode::kUnavailable, Reason::kUnavailable, "the server is shutting down"));
  }
  lane_.Stop();
  if (clock_.joinable()) clock_.join();
}

}  // namespace lianjie::server
