// What the server tells of loads that are under way.
#include "server/loads.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/v1/admin_service.grpc.pb.h"
#include "lianjie/v1/graph_service.grpc.pb.h"
#include "server/server.h"

namespace lianjie::server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One Import call, a step at a time.
struct Upload {
  Upload(v1::GraphService::Stub& stub, const std::string& graph)
      : stream(stub.Import(&context, &response)) {
    v1::ImportRequest message;
    message.mutable_options()->set_graph(graph);
    stream->Write(message);
  }
  void Nodes(int count) {
    constexpr int kToAChunk = 10000;
    for (int sent = 0; sent < count;) {
      v1::ImportRequest message;
      for (int i = 0; i < kToAChunk && sent < count; ++i, ++sent) {
        message.mutable_chunk()->add_nodes()->set_id(Cat("node ", rows + sent));
      }
      stream->Write(message);
    }
    rows += count;
  }
  grpc::Status End() {
    v1::ImportRequest message;
    message.mutable_end()->set_row_count(rows);
    stream->WriteLast(message, grpc::WriteOptions());
    return stream->Finish();
  }

  grpc::ClientContext context;
  v1::ImportResponse response;
  std::unique_ptr<grpc::ClientWriter<v1::ImportRequest>> stream;
  std::int64_t rows = 0;
};

class LoadsTest : public ::testing::Test {
 protected:
  LoadsTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lianjie-loads-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    ServerOptions options;
    options.data_dir = folder_ + "/store";
    auto server = Server::Open(options);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    graphs_ = v1::GraphService::NewStub(server_->InProcessChannel());
    admin_ = v1::AdminService::NewStub(server_->InProcessChannel());
  }
  ~LoadsTest() override {
    graphs_.reset();
    admin_.reset();
    server_.reset();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  std::vector<v1::LoadStatus> Listed() {
    grpc::ClientContext context;
    v1::GetStorageStatisticsResponse response;
    EXPECT_TRUE(admin_->GetStorageStatistics(&context, {}, &response).ok());
    return {response.loads().begin(), response.loads().end()};
  }
  // Waits for so many loads, the last of them with so many rows.
  std::vector<v1::LoadStatus> Await(std::size_t loads, std::int64_t rows) {
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (true) {
      std::vector<v1::LoadStatus> listed = Listed();
      if (listed.size() == loads && (loads == 0 || listed.back().row_count() == rows))
        return listed;
      if (Clock::now() > end) {
        ADD_FAILURE() << "there are " << listed.size() << " loads";
        return listed;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  std::string folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::GraphService::Stub> graphs_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

TEST_F(LoadsTest, AreListedFromTheirBeginningToTheirEnd) {
  EXPECT_TRUE(Listed().empty());
  Upload first(*graphs_, "first");
  first.Nodes(3);
  Await(1, 3);
  Upload second(*graphs_, "second");
  second.Nodes(2);
  const std::vector<v1::LoadStatus> both = Await(2, 2);
  EXPECT_EQ(both[0].graph(), "first");
  EXPECT_EQ(both[0].row_count(), 3);
  EXPECT_FALSE(both[0].has_progress());
  EXPECT_EQ(both[1].graph(), "second");
  first.Nodes(1);
  ASSERT_TRUE(first.End().ok());
  EXPECT_EQ(Await(1, 2)[0].graph(), "second");
  second.context.TryCancel();
  second.stream->Finish();
  Await(0, 0);
}

TEST_F(LoadsTest, TellHowFarTheirEndIs) {
  Upload upload(*graphs_, "g");
  upload.Nodes(200000);
  std::future<grpc::Status> end = std::async(std::launch::async, [&] { return upload.End(); });
  int seen = 0;
  std::int64_t done = 0;
  while (end.wait_for(milliseconds(1)) != std::future_status::ready) {
    for (const v1::LoadStatus& load : Listed()) {
      if (!load.has_progress()) continue;
      ++seen;
      EXPECT_EQ(load.row_count(), 200000);
      EXPECT_EQ(load.progress().phase(), "writing");
      EXPECT_GE(load.progress().completed_work(), done);
      EXPECT_LE(load.progress().completed_work(), load.progress().total_work());
      done = load.progress().completed_work();
    }
  }
  EXPECT_TRUE(end.get().ok());
  EXPECT_GT(seen, 0);
}

TEST(ServerOptionsTest, TooLittleMemoryForLoadsIsRefused) {
  ServerOptions options;
  options.load_memory_bytes = 1000;
  const auto server = Server::Open(options);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(GetErrorDetail(server.status())->field, "load_memory");
}

}  // namespace
}  // namespace lianjie::server
