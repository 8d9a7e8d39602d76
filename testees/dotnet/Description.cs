using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>Which release this is, and what it runs on.</summary>
internal static class Description
{
    internal static string SerializerVersion { get; } = Version(typeof(ChatMessage).Assembly);

    internal static string Serializer { get; } = $"meai@{SerializerVersion}";

    /// <summary>The release that reads sessions: the framework where it is there, else its serializer.</summary>
#if AGENT_FRAMEWORK
    internal static string Reader { get; } = $"dotnet@{Version(typeof(Microsoft.Agents.AI.ChatClientAgent).Assembly)}";
#else
    internal static string Reader { get; } = Serializer;
#endif

    internal static JsonObject Of(long id) => new()
    {
        ["id"] = id,
        ["ok"] = true,
        ["reader"] = Reader,
        ["environment"] = new JsonObject
        {
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["System.Text.Json"] = Version(typeof(JsonSerializer).Assembly),
            ["Microsoft.Extensions.AI.Abstractions"] = SerializerVersion,
        },
        ["forms"] = new JsonArray("messages", "session"),
    };

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
