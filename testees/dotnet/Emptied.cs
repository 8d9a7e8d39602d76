using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>Contents without a discriminator: the library reads them as the bare base class and forgets what they say.</summary>
internal static class Emptied
{
    /// <summary>The messages of which a content came back empty, although the document says something there.</summary>
    internal static int Count(History history)
    {
        var stored = history.Stored.ValueKind == JsonValueKind.Array ? history.Stored : Member(history.Stored, "messages");
        return stored.ValueKind == JsonValueKind.Array && history.Messages is { } messages
            ? messages.Zip(stored.EnumerateArray()).Count(pair => IsEmptied(pair.First, pair.Second))
            : 0;
    }

    private static bool IsEmptied(ChatMessage? message, JsonElement stored)
    {
        var contents = message is null ? default : Member(stored, "contents");
        return contents.ValueKind == JsonValueKind.Array
            && message!.Contents.Zip(contents.EnumerateArray()).Any(pair => IsEmpty(pair.First) && SaysSomething(pair.Second));
    }

    private static bool IsEmpty(AIContent? content)
    {
        if (content?.GetType() != typeof(AIContent))
        {
            return false;
        }

        try
        {
            return !JsonSerializer.SerializeToElement(content, SerializerOptions.Default).EnumerateObject().Any();
        }
        catch (JsonException)
        {
            return false; // it holds something that cannot be written, which shows when the session is saved
        }
    }

    private static bool SaysSomething(JsonElement stored) =>
        stored.ValueKind == JsonValueKind.Object && stored.EnumerateObject().Any(member => member.Value.ValueKind != JsonValueKind.Null);

    /// <summary>The member that the library reads: of several that differ in case, the last.</summary>
    private static JsonElement Member(JsonElement stored, string name) =>
        stored.ValueKind == JsonValueKind.Object
            ? stored.EnumerateObject().LastOrDefault(member => Name(member)?.Equals(name, StringComparison.OrdinalIgnoreCase) == true).Value
            : default;

    /// <summary>Null for a name that is no text: bytes that are not UTF-8, or half a surrogate pair.</summary>
    private static string? Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
