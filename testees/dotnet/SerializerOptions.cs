using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>The options with which the agent framework reads and writes the messages of a session.</summary>
internal static class SerializerOptions
{
    internal static JsonSerializerOptions Default { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        // Web: camelCase, names without regard to case, numbers also as strings.
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        // The library's resolver comes first: it knows the kinds of content. It ends in reflection, which then knows ours.
        options.TypeInfoResolverChain.Add(AIJsonUtilities.DefaultOptions.TypeInfoResolver!);
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver());
        options.MakeReadOnly();
        return options;
    }
}
