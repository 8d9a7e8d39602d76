using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Rpc;

namespace Pysession.Exchange;

/// <summary>The canonical codes, by their numbers.</summary>
internal enum StatusCode
{
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

/// <summary>A call that failed, with what the server said about it.</summary>
internal sealed class RpcException(StatusCode code, string message, Status? status = null) : Exception(message)
{
    public StatusCode Code { get; } = code;

    /// <summary>Why, as a constant: "ETAG_MISMATCH".</summary>
    public string? Reason => Details<ErrorInfo>(ErrorInfo.Descriptor.FullName).FirstOrDefault()?.Reason;

    /// <summary>Findings of pysession check: Field is a JSON Pointer into the document, Reason the rule.</summary>
    public IEnumerable<BadRequest.Types.FieldViolation> Violations =>
        Details<BadRequest>(BadRequest.Descriptor.FullName).SelectMany(detail => detail.FieldViolations);

    /// <summary>What the trailers of an answer say; null: the call went well.</summary>
    public static RpcException? From(HttpHeaders trailers)
    {
        if (!int.TryParse(First(trailers, "grpc-status"), out var number))
        {
            return new RpcException(StatusCode.Unavailable, "the connection ended before the answer did");
        }
        if (number == 0)
        {
            return null;
        }
        var message = Uri.UnescapeDataString(First(trailers, "grpc-message") ?? "");
        return new RpcException((StatusCode)number, message, Decode(First(trailers, "grpc-status-details-bin")));
    }

    private static string? First(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.First() : null;

    /// <summary>Binary headers are base64, which may lack the signs that fill it up.</summary>
    private static Status? Decode(string? header)
    {
        if (header is null)
        {
            return null;
        }
        var filled = header.TrimEnd('=').PadRight((header.TrimEnd('=').Length + 3) / 4 * 4, '=');
        return Status.Parser.ParseFrom(Convert.FromBase64String(filled));
    }

    private IEnumerable<T> Details<T>(string name)
        where T : IMessage<T>, new() =>
        from detail in status?.Details ?? []
        where Google.Protobuf.WellKnownTypes.Any.GetTypeName(detail.TypeUrl) == name
        select detail.Unpack<T>();
}
