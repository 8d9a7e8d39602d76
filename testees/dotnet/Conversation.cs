using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pysession.Testee;

/// <summary>Requests and answers: one JSON object a line, in order, documents as base64.</summary>
internal static class Conversation
{
    private static readonly JsonSerializerOptions s_answers = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers until the input ends or `stop` is asked.</summary>
    internal static int Hold(Stream input, Stream output)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var reader = new StreamReader(input, utf8);
        using var writer = new StreamWriter(output, utf8) { NewLine = "\n" };
        while (reader.ReadLine() is { } line)
        {
            var request = Request.Parse(line);
            writer.WriteLine(Answer(request).ToJsonString(s_answers));
            writer.Flush(); // a driver that waits for each answer must not wait for a full buffer
            if (request.Op == "stop")
            {
                break;
            }
        }

        return 0;
    }

    private static JsonObject Answer(Request request)
    {
        try
        {
            return request.Op switch
            {
                "describe" => Description.Of(request.Id),
                "stop" => new JsonObject { ["id"] = request.Id, ["ok"] = true },
                "read" => Reading.Answer(request.Id, Reading.Observe(request.Document, Form(request))),
                "append" => Append(request, request.Text ?? throw new UnsupportedRequestException("append needs a text")),
                _ => throw new UnsupportedRequestException(request.Fault ?? $"there is no operation '{request.Op}'"),
            };
        }
        catch (UnsupportedRequestException e)
        {
            return new JsonObject
            {
                ["id"] = request.Id,
                ["ok"] = false,
                ["error"] = new JsonObject { ["type"] = "UnsupportedRequest", ["message"] = e.Message },
            };
        }
    }

    private static JsonObject Append(Request request, string text) =>
        Reading.Answer(request.Id, Reading.Observe(request.Document, Form(request), text));

    private static IForm Form(Request request) => request.Form switch
    {
        "messages" => new MessageArray(),
        "session" => new SessionForm(request.HistoryKeys),
        _ => throw new UnsupportedRequestException($"this testee does not read the form '{request.Form}'"),
    };
}

/// <summary>The request asks for something that this testee does not have.</summary>
internal sealed class UnsupportedRequestException(string message) : Exception(message);
