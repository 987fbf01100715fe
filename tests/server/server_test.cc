// The whole server over gRPC, where its lanes and its patience show: full queues, readers that
// stall, graphs that are not in memory yet, and a shutdown that hangs.
#include "server/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lianjie/v1/analysis_service.grpc.pb.h"
#include "lianjie/v1/graph_service.grpc.pb.h"
#include "server/errors.h"
#include "server/watchdog.h"

namespace lianjie::server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lianjie-server-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    options_.data_dir = folder_ + "/store";
    options_.listen_address = "127.0.0.1:0";
    options_.drain = milliseconds(200);
  }
  ~ServerTest() override {
    server_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  void Open() {
    auto server = Server::Open(options_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel =
        grpc::CreateChannel(Cat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials());
    graphs_ = v1::GraphService::NewStub(channel);
    analyses_ = v1::AnalysisService::NewStub(channel);
  }

  // Nodes "0", "1" ..., each with `fan` links to others, and `bytes` of text.
  void Import(const std::string& graph, int nodes, int fan, std::size_t bytes = 0) {
    grpc::ClientContext context;
    v1::ImportResponse response;
    const auto stream = graphs_->Import(&context, &response);
    v1::ImportRequest message;
    message.mutable_options()->set_graph(graph);
    stream->Write(message);
    std::int64_t rows = 0;
    const auto send = [&] {
      stream->Write(message);
      message.Clear();
    };
    message.Clear();
    std::size_t room = 1U << 20;
    for (int i = 0; i < nodes; ++i) {
      v1::Node& node = *message.mutable_chunk()->add_nodes();
      node.set_id(Cat(i));
      node.set_name(std::string(bytes, 'x'));
      ++rows;
      room -= std::min(room, bytes + 64);
      if (room == 0 || i + 1 == nodes) {
        send();
        room = 1U << 20;
      }
    }
    for (int i = 0; i < nodes * fan; ++i) {
      v1::Link& link = *message.mutable_chunk()->add_links();
      link.set_source(Cat(i % nodes));
      link.set_target(Cat((i % nodes + 1 + (i / nodes) * 7919) % nodes));
      link.set_mechanism(v1::MECHANISM_SUPPLY);
      link.set_id(Cat("L", i));
      ++rows;
      if ((i & 8191) == 8191 || i + 1 == nodes * fan) send();
    }
    message.mutable_end()->set_row_count(rows);
    stream->WriteLast(message, grpc::WriteOptions());
    const grpc::Status status = stream->Finish();
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  static v1::RunRequest Betweenness(const std::string& graph) {
    v1::RunRequest request;
    request.mutable_frame()->set_graph(graph);
    request.mutable_analysis()->mutable_betweenness();
    return request;
  }
  static v1::RunRequest Path(const std::string& graph) {
    v1::RunRequest request;
    request.mutable_frame()->set_graph(graph);
    request.mutable_analysis()->mutable_shortest_path()->set_source("0");
    request.mutable_analysis()->mutable_shortest_path()->set_target("1");
    return request;
  }

  std::string folder_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::GraphService::Stub> graphs_;
  std::unique_ptr<v1::AnalysisService::Stub> analyses_;
};

TEST_F(ServerTest, AFullQueueRefusesAndWhoWaitsIsTold) {
  options_.heavy_threads = 1;
  options_.max_queue = 1;
  Open();
  Import("g", 20000, 5);
  v1::RunResponse message;
  grpc::ClientContext running;
  const auto first = analyses_->Run(&running, Betweenness("g"));
  do {
    ASSERT_TRUE(first->Read(&message)) << first->Finish().error_message();
  } while (message.progress().phase() != "running");
  grpc::ClientContext waiting;
  const auto second = analyses_->Run(&waiting, Betweenness("g"));
  ASSERT_TRUE(second->Read(&message));
  EXPECT_EQ(message.progress().phase(), "queued");
  grpc::ClientContext refused;
  const auto third = analyses_->Run(&refused, Betweenness("g"));
  while (third->Read(&message)) EXPECT_EQ(message.progress().phase(), "queued");
  const grpc::Status status = third->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  const auto detail = GetErrorDetail(FromGrpcStatus(status));
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, Reason::kQueueFull);
  EXPECT_EQ(detail->metadata.at("lane"), "heavy");
  EXPECT_EQ(detail->metadata.at("waiting"), "1");
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(rpc.details(rpc.details_size() - 1).UnpackTo(&retry));
  EXPECT_GT(retry.retry_delay().seconds(), 0);
  running.TryCancel();
  waiting.TryCancel();
  while (first->Read(&message)) {
  }
  while (second->Read(&message)) {
  }
  EXPECT_EQ(first->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(second->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ServerTest, ARevisionThatMustBeRebuiltIsNoQuickRead) {
  options_.heavy_threads = 1;
  Open();
  Import("g", 20000, 5);
  const auto upsert = [&](const std::string& name) {
    grpc::ClientContext context;
    v1::MutateRequest request;
    request.set_graph("g");
    v1::Node& node = *request.add_mutations()->mutable_upsert_node();
    node.set_id("0");
    node.set_name(name);
    v1::MutateResponse response;
    EXPECT_TRUE(graphs_->Mutate(&context, request, &response).ok());
    return response.revision();
  };
  const auto get = [&](std::int64_t revision, milliseconds time) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + time);
    v1::GetNodeRequest request;
    request.set_graph("g");
    request.set_id("0");
    request.mutable_consistency()->set_exact_revision(revision);
    v1::GetNodeResponse response;
    const grpc::Status status = graphs_->GetNode(&context, request, &response);
    return std::pair(status, response.node().name());
  };
  const std::int64_t old = upsert("old");
  const std::int64_t kept = upsert("kept");
  const std::int64_t now = upsert("new");
  EXPECT_EQ(get(kept, milliseconds(60000)).second, "kept");
  grpc::ClientContext busy;
  v1::RunResponse message;
  const auto running = analyses_->Run(&busy, Betweenness("g"));
  do {
    ASSERT_TRUE(running->Read(&message)) << running->Finish().error_message();
  } while (message.progress().phase() != "running");
  EXPECT_EQ(get(now, milliseconds(60000)).second, "new");
  EXPECT_EQ(get(kept, milliseconds(60000)).second, "kept");
  EXPECT_EQ(get(old, milliseconds(300)).first.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  busy.TryCancel();
  while (running->Read(&message)) {
  }
  EXPECT_EQ(running->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(get(old, milliseconds(60000)).second, "old");
}

TEST_F(ServerTest, TheCapOfACallIsTheServersAndSparesLoads) {
  EXPECT_FALSE(ServerOptions().max_deadline.has_value()) << "in process nothing is cut";
  Open();
  Import("g", 20000, 5);
  server_->Shutdown();
  server_.reset();
  options_.max_deadline = milliseconds(300);
  Open();
  v1::RunResponse message;
  grpc::ClientContext context;
  const auto run = analyses_->Run(&context, Betweenness("g"));
  while (run->Read(&message)) {
  }
  EXPECT_EQ(run->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  grpc::ClientContext loading;
  v1::ImportResponse loaded;
  const auto load = graphs_->Import(&loading, &loaded);
  v1::ImportRequest part;
  part.mutable_options()->set_graph("slow");
  ASSERT_TRUE(load->Write(part));
  std::this_thread::sleep_for(milliseconds(600));
  part.mutable_chunk()->add_nodes()->set_id("A");
  ASSERT_TRUE(load->Write(part));
  part.mutable_end()->set_row_count(1);
  load->WriteLast(part, grpc::WriteOptions());
  const grpc::Status status = load->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ServerTest, AReaderThatStallsIsEnded) {
  options_.heavy_threads = 1;
  options_.stall = milliseconds(300);
  Open();
  Import("g", 700, 0, 60000);  // about 40 MB, more than any window
  grpc::ClientContext context;
  v1::ExportRequest request;
  request.set_graph("g");
  const auto stream = graphs_->Export(&context, request);
  v1::ExportResponse message;
  ASSERT_TRUE(stream->Read(&message));
  // Its thread is free again soon after the stall: the only one of its lane answers.
  const auto start = Clock::now();
  std::this_thread::sleep_for(milliseconds(50));
  grpc::ClientContext other;
  v1::GetStatisticsRequest ask;
  ask.set_graph("g");
  v1::GetStatisticsResponse answer;
  const grpc::Status asked = graphs_->GetStatistics(&other, ask, &answer);
  EXPECT_TRUE(asked.ok()) << asked.error_message();
  const std::chrono::duration<double> took = Clock::now() - start;
  std::printf("[ figures  ] a stalled reader held its thread for %.2f s, with a limit of 0.3 s\n",
              took.count());
  EXPECT_LT(took.count(), 10);
  int messages = 1;
  while (stream->Read(&message)) ++messages;
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_LT(messages, 30);
}

TEST_F(ServerTest, AWatchWhoseReaderStallsIsEnded) {
  options_.stall = milliseconds(300);
  Open();
  v1::MutateRequest batch;
  batch.set_graph("g");
  grpc::ClientContext making;
  v1::CreateGraphRequest make;
  make.mutable_graph()->set_name("g");
  v1::Graph made;
  ASSERT_TRUE(graphs_->CreateGraph(&making, make, &made).ok());
  constexpr int kBatches = 14;
  constexpr int kNodes = 50;
  for (int i = 0; i < kBatches; ++i) {  // about 40 MB, more than any window
    batch.clear_mutations();
    for (int n = 0; n < kNodes; ++n) {
      v1::Node& node = *batch.add_mutations()->mutable_create_node();
      node.set_id(Cat(i, "-", n));
      node.set_name(std::string(60000, 'x'));
    }
    grpc::ClientContext writing;
    v1::MutateResponse written;
    const grpc::Status status = graphs_->Mutate(&writing, batch, &written);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_graph("g");
  const auto stream = graphs_->Watch(&context, request);
  v1::WatchResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.change().after().node().id(), "0-0");
  std::this_thread::sleep_for(milliseconds(1500));
  int messages = 1;
  while (stream->Read(&message)) ++messages;
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_LT(messages, kBatches * kNodes);
}

TEST_F(ServerTest, AColdGraphHoldsNoThreadOfTheQuick) {
  options_.interactive_threads = 1;
  {
    Open();
    Import("cold", 100000, 3);
    Import("small", 10, 1);
    server_->Shutdown();
    server_.reset();
  }
  Open();
  v1::RunResponse message;
  grpc::ClientContext first_context;
  const auto start = Clock::now();
  const auto first = analyses_->Run(&first_context, Path("cold"));
  ASSERT_TRUE(first->Read(&message));
  EXPECT_EQ(message.progress().phase(), "snapshot");
  auto answered = std::async(std::launch::async, [&] {
    while (message.has_progress() && first->Read(&message)) {
    }
    return Clock::now() - start;
  });
  grpc::ClientContext small_context;
  v1::GetNodeRequest ask;
  ask.set_graph("small");
  ask.set_id("1");
  v1::GetNodeResponse node;
  const grpc::Status small = graphs_->GetNode(&small_context, ask, &node);
  const std::chrono::duration<double> quick = Clock::now() - start;
  EXPECT_TRUE(small.ok()) << small.error_message();
  const std::chrono::duration<double> cold = answered.get();
  EXPECT_TRUE(message.has_header());
  std::printf("[ figures  ] a cold question took %.3f s, one beside it %.3f s\n", cold.count(),
              quick.count());
  EXPECT_LT(quick, cold);
  while (first->Read(&message)) {
  }
  EXPECT_TRUE(first->Finish().ok());
}

TEST_F(ServerTest, WaitingForAColdGraphEndsWithTheCall) {
  Open();
  Import("cold", 100000, 3);
  server_->Shutdown();
  server_.reset();
  Open();
  v1::RunResponse message;
  // Parked, and cancelled while it is.
  grpc::ClientContext cancelled;
  const auto parked = analyses_->Run(&cancelled, Path("cold"));
  ASSERT_TRUE(parked->Read(&message));
  const auto start = Clock::now();
  cancelled.TryCancel();
  while (parked->Read(&message)) {
  }
  EXPECT_EQ(parked->Finish().error_code(), grpc::StatusCode::CANCELLED);
  const std::chrono::duration<double> took = Clock::now() - start;
  EXPECT_LT(took.count(), 1);
  // The request's own deadline ends the waiting too, in both lanes.
  for (v1::RunRequest request : {Path("cold"), Betweenness("cold")}) {
    request.mutable_frame()->mutable_limits()->mutable_deadline()->set_nanos(20'000'000);
    grpc::ClientContext context;
    const auto late = analyses_->Run(&context, request);
    while (late->Read(&message)) EXPECT_TRUE(message.has_progress());
    EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  // And the graph can still be read.
  grpc::ClientContext context;
  const auto whole = analyses_->Run(&context, Path("cold"));
  while (whole->Read(&message)) {
  }
  EXPECT_TRUE(whole->Finish().ok());
}

TEST(Watchdogs, BarkAtWhatHangsAlone) {
  std::promise<void> barked;
  {
    const Watchdog watchdog(milliseconds(20), [&] { barked.set_value(); });
    EXPECT_EQ(barked.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }
  const Watchdog quick(milliseconds(10000), [] { ADD_FAILURE() << "it barked too early"; });
  const Watchdog never(milliseconds(0), [] { ADD_FAILURE() << "it barked"; });
}

}  // namespace
}  // namespace lianjie::server
