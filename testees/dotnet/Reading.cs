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

    /// <summary>Adds a turn to the first history; a document without one gets it.</summary>
    void Append(ChatMessage user, ChatMessage assistant);

    /// <summary>The bytes that an application stores.</summary>
    byte[] Save();
}

/// <summary>A history as stored and as read. Messages are null where null is stored in their place.</summary>
internal sealed record History(JsonElement Stored, IList<ChatMessage>? Messages);

/// <summary>What the library made of a document. Stage and error are set when it gave up.</summary>
internal sealed record Observation(byte[] Saved, int Restored, int Emptied, string? Stage = null, Exception? Error = null);

/// <summary>Reads a document step by step, and says at which of them the library gave up.</summary>
internal static class Reading
{
    internal static Observation Observe(byte[] data, IForm form, string? append = null)
    {
        var stage = "parse";
        try
        {
            using var document = JsonDocument.Parse(data);
            stage = "load";
            form.Load(document.RootElement);
            stage = "touch";
            var histories = form.Touch();
            Touching.Touch(histories);
            var restored = histories.Sum(history => history.Messages?.Count ?? 0);
            var emptied = histories.Sum(Emptied.Count);
            stage = "save";
            if (append is not null)
            {
                form.Append(new(ChatRole.User, append), new(ChatRole.Assistant, $"an answer to: {append}"));
            }

            return new(form.Save(), restored, emptied);
        }
        catch (Exception e) when (e is not UnsupportedRequestException)
        {
            while (e is TargetInvocationException { InnerException: { } inner })
            {
                e = inner;
            }

            return new([], 0, 0, stage, e);
        }
    }

    internal static JsonObject Answer(long id, Observation observed)
    {
        if (observed.Error is null)
        {
            return new JsonObject
            {
                ["id"] = id,
                ["ok"] = true,
                ["saved"] = Convert.ToBase64String(observed.Saved),
                ["messages_restored"] = observed.Restored,
                ["empty_contents"] = observed.Emptied,
            };
        }

        var cause = observed.Error.GetBaseException();
        return new JsonObject
        {
            ["id"] = id,
            ["ok"] = false,
            ["stage"] = observed.Stage,
            ["error"] = new JsonObject
            {
                ["type"] = observed.Error.GetType().Name,
                ["cause"] = ReferenceEquals(cause, observed.Error) ? null : cause.GetType().Name,
                ["message"] = observed.Error.Message,
            },
        };
    }
}
