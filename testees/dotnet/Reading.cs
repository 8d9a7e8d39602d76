using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>One way to store messages, and how the library reads and writes it.</summary>
internal interface IForm
{
    /// <summary>The JSON value as the library's own type.</summary>
    void Load(JsonElement document);

    /// <summary>Every history in the document, parsed.</summary>
    IReadOnlyList<History> Touch();

    /// <summary>Adds messages to the first history; a document without one gets it.</summary>
    void Append(IEnumerable<ChatMessage> messages);

    /// <summary>The bytes that an application stores.</summary>
    byte[] Save();
}

/// <summary>A history as stored and as read. Messages are null where null is stored in their place.</summary>
internal sealed record History(JsonElement Stored, IList<ChatMessage>? Messages);

/// <summary>Reads a document step by step, and says at which of them the library gave up.</summary>
internal static class Reading
{
    internal static JsonObject Read(Request request, IForm form, string? append = null)
    {
        var stage = "parse";
        try
        {
            using var document = JsonDocument.Parse(request.Document);
            stage = "load";
            form.Load(document.RootElement);
            stage = "touch";
            var histories = form.Touch();
            Touching.Touch(histories);
            if (append is not null)
            {
                form.Append([new(ChatRole.User, append), new(ChatRole.Assistant, $"an answer to: {append}")]);
            }

            stage = "save";
            return new JsonObject
            {
                ["id"] = request.Id,
                ["ok"] = true,
                ["saved"] = Convert.ToBase64String(form.Save()),
                ["messages_restored"] = histories.Sum(history => history.Messages?.Count ?? 0),
                ["empty_contents"] = histories.Sum(Emptied.Count),
            };
        }
        catch (Exception e) when (e is not UnsupportedRequestException)
        {
            return new JsonObject { ["id"] = request.Id, ["ok"] = false, ["stage"] = stage, ["error"] = Failure(e) };
        }
    }

    private static JsonObject Failure(Exception e)
    {
        while (e is TargetInvocationException { InnerException: { } inner })
        {
            e = inner;
        }

        var cause = e.GetBaseException();
        return new JsonObject
        {
            ["type"] = e.GetType().Name,
            ["cause"] = ReferenceEquals(cause, e) ? null : cause.GetType().Name,
            ["message"] = e.Message,
        };
    }
}
