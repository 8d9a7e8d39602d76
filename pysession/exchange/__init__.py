"""Sessions handed from service to service: a gRPC service over any store, and clients of it (``proto/pysession/v1/``)."""

try:
    import grpc as _grpc  # noqa: F401 (everything in this room needs it)
    from google.rpc import status_pb2 as _status_pb2  # noqa: F401
except ImportError as missing:
    raise ImportError(f"the exchange needs gRPC ({missing}): pip install 'pysession-kit[grpc]'") from missing
