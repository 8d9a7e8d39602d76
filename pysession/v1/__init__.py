"""Generated from ``proto/pysession/v1`` by ``tools/build_protos.py``: messages, service and their types. Do not edit."""
