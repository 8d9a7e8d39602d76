"""A gRPC service of sessions over any store."""

from pysession.exchange.server.logs import log_to
from pysession.exchange.server.policy import Policy
from pysession.exchange.server.server import Server, serve
from pysession.exchange.server.settings import Keepalive, Limits, Settings, TlsFiles

__all__ = ["Keepalive", "Limits", "Policy", "Server", "Settings", "TlsFiles", "log_to", "serve"]
