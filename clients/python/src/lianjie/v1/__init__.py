"""The API as protobuf and gRPC have it, generated from the protos when the package is built."""
