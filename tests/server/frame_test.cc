// The parts around the handlers: errors to the API's form and back, page tokens, lanes, the
// snapshot keeper.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/errors.h"
#include "server/lane.h"
#include "server/page_token.h"
#include "server/snapshot_keeper.h"
#include "storage/store.h"

namespace lianjie::server {
namespace {

TEST(Errors, CarryReasonFieldRowAndValues) {
  const absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "share: 1.5 is above 1",
                                        {.reason = Reason::kInvalidField,
                                         .field = "mutations.link.share",
                                         .row = 3,
                                         .metadata = {{"value", "1.5"}}});
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(ToGrpcStatus(status).error_details()));
  ASSERT_EQ(rpc.details_size(), 2);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rpc.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.domain(), "lianjie");
  EXPECT_EQ(info.metadata().at("value"), "1.5");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(rpc.details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "mutations[3].link.share");
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(*GetErrorDetail(back), *GetErrorDetail(status));
}

TEST(Errors, QueueFullSaysWhenToComeAgain) {
  const absl::Status full =
      MakeError(absl::StatusCode::kResourceExhausted, "full",
                {.reason = Reason::kQueueFull, .field = {}, .row = {}, .metadata = {}});
  const google::rpc::Status rpc = ToRpcStatus(full);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(rpc.details(rpc.details_size() - 1).UnpackTo(&retry));
  EXPECT_GT(retry.retry_delay().seconds(), 0);
}

TEST(Errors, BytesThatAreNoUtf8AreMadePresentable) {
  const google::rpc::Status rpc = ToRpcStatus(InvalidField("name", "bad \xff\xfe bytes"));
  EXPECT_EQ(rpc.message(), "name: bad ?? bytes");
}

TEST(PageTokens, BelongToTheirRequest) {
  const std::string binding = BindingOf({"ListNodes", "g", "kind = FIRM"});
  const std::string token = MakePageToken(binding, std::string("\x00place", 6));
  EXPECT_EQ(*ReadPageToken(binding, token), std::string("\x00place", 6));
  EXPECT_EQ(*ReadPageToken(binding, ""), "");
  for (const std::string& forged :
       {std::string("x"), token + "A", std::string("!!!"), token.substr(1)}) {
    const absl::Status status = ReadPageToken(binding, forged).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << forged;
    EXPECT_EQ(GetErrorDetail(status)->reason, Reason::kInvalidPageToken);
  }
  EXPECT_FALSE(ReadPageToken(BindingOf({"ListNodes", "g", ""}), token).ok());
  EXPECT_NE(BindingOf({"ab", "c"}), BindingOf({"a", "bc"}));
}

TEST(Lanes, RefuseWhenFullAndDropWhatExpired) {
  Lane lane("test", 1, 1);
  std::promise<void> gate;
  std::promise<void> started;
  ASSERT_TRUE(lane.Submit({.run =
                               [&] {
                                 started.set_value();
                                 gate.get_future().wait();
                               },
                           .drop = [](auto&) {}})
                  .ok());
  started.get_future().wait();
  std::promise<absl::Status> dropped;
  ASSERT_TRUE(lane.Submit({.run = [] { ADD_FAILURE() << "ran past its deadline"; },
                           .drop = [&](const absl::Status& why) { dropped.set_value(why); },
                           .deadline = std::chrono::system_clock::now()})
                  .ok());
  const absl::Status full = lane.Submit({.run = [] {}, .drop = [](auto&) {}});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(full)->reason, Reason::kQueueFull);
  gate.set_value();
  EXPECT_EQ(dropped.get_future().get().code(), absl::StatusCode::kDeadlineExceeded);
  lane.Stop();
  EXPECT_EQ(lane.Submit({.run = [] {}, .drop = [](auto&) {}}).code(),
            absl::StatusCode::kUnavailable);
}

storage::NodeWrite Node(const std::string& id) {
  storage::NodeWrite write;
  write.node.id = id;
  return write;
}

TEST(Keeper, ServesTheRevisionAskedFor) {
  const auto store = storage::MakeMemoryStore();
  ASSERT_TRUE(store->CreateGraph("default", std::nullopt).ok());
  SnapshotKeeper keeper(*store, {});
  storage::Batch first;
  first.graph = "default";
  first.writes.emplace_back(Node("a"));
  ASSERT_TRUE(store->Commit(first).ok());
  const auto one = keeper.Get("default", {.kind = Freshness::Kind::kLatest});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ((*one)->node_count(), 1U);

  storage::Batch second;
  second.graph = "default";
  second.writes.emplace_back(Node("b"));
  const auto commit = store->Commit(second);
  ASSERT_TRUE(commit.ok());
  const auto two =
      keeper.Get("default", {.kind = Freshness::Kind::kAtLeast, .revision = commit->revision});
  ASSERT_TRUE(two.ok());
  EXPECT_EQ((*two)->node_count(), 2U);
  EXPECT_EQ((*one)->node_count(), 1U) << "an old snapshot changed";

  const auto future = keeper.Get("default", {.kind = Freshness::Kind::kAtLeast, .revision = 99});
  EXPECT_EQ(GetErrorDetail(future.status())->reason, Reason::kRevisionUnavailable);
  EXPECT_EQ(keeper.Get("other", {}).status().code(), absl::StatusCode::kNotFound);
}

// A graph whose scan takes a while.
std::unique_ptr<storage::Store> LargeStore() {
  std::unique_ptr<storage::Store> store = storage::MakeMemoryStore();
  storage::LoadOptions options;
  options.graph = "default";
  options.create_graph = true;
  auto load = *store->BeginLoad(options);
  for (int i = 0; i < 100000; ++i) {
    NodeRecord node;
    node.id = std::to_string(i);
    EXPECT_TRUE(load->AddNode(node, {}).ok());
    LinkRecord link;
    link.id = "L" + node.id;
    link.source = node.id;
    link.target = std::to_string(i * 31 % 100000);
    link.mechanism = Mechanism::kSupply;
    EXPECT_TRUE(load->AddLink(link, {}).ok());
  }
  EXPECT_TRUE(load->Finish().ok());
  return store;
}

absl::Status Cancelled() { return absl::CancelledError("gone"); }

TEST(Keeper, GivesUpAScanThatNobodyWaitsFor) {
  const auto store = LargeStore();
  SnapshotKeeper keeper(*store, {});
  EXPECT_EQ(keeper.Get("default", {}, &Cancelled).status().code(), absl::StatusCode::kCancelled);
  for (int i = 0; i < 1000 && keeper.scans().given_up == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(keeper.scans().begun, 1U);
  EXPECT_EQ(keeper.scans().given_up, 1U);
  const auto whole = keeper.Get("default", {});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ((*whole)->link_count(), 100000U);
  EXPECT_EQ(keeper.scans().begun, 2U);
}

TEST(Keeper, WhoStaysGetsTheScanThatOthersLeft) {
  const auto store = LargeStore();
  SnapshotKeeper keeper(*store, {});
  auto stays = std::async(std::launch::async, [&] { return keeper.Get("default", {}); });
  for (int i = 0; i < 1000 && keeper.scans().begun == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(keeper.Get("default", {}, &Cancelled).ok());
  std::promise<SnapshotOr> left;
  const SnapshotKeeper::Ticket ticket = keeper.NewTicket();
  if (!keeper.GetOrWait("default", {}, ticket, {},
                        [&](SnapshotOr made) { left.set_value(std::move(made)); })) {
    keeper.Leave(ticket);
    left.get_future().wait();  // told at once that it left, or what was made
  }
  const auto made = stays.get();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->node_count(), 100000U);
  EXPECT_EQ(keeper.scans().begun, 1U);
  EXPECT_EQ(keeper.scans().given_up, 0U);
  EXPECT_EQ(keeper.Peek("default", {})->value(), *made);
}

TEST(Keeper, EndsWithAScanUnderWay) {
  const auto store = LargeStore();
  std::promise<SnapshotOr> told;
  {
    SnapshotKeeper keeper(*store, {});
    ASSERT_FALSE(keeper.GetOrWait("default", {}, keeper.NewTicket(), {},
                                  [&](SnapshotOr made) { told.set_value(std::move(made)); }));
  }
  EXPECT_EQ(told.get_future().get().status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lianjie::server
