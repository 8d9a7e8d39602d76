using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Pysession.Testee;

/// <summary>Which release this is, and what it runs on.</summary>
internal static class Description
{
    internal static string Reader { get; } = $"meai@{Version(typeof(ChatMessage).Assembly)}";

    internal static JsonObject Of(long id) => new()
    {
        ["id"] = id,
        ["ok"] = true,
        ["reader"] = Reader,
        ["environment"] = new JsonObject
        {
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["System.Text.Json"] = Version(typeof(JsonSerializer).Assembly),
            ["Microsoft.Extensions.AI.Abstractions"] = Version(typeof(ChatMessage).Assembly),
        },
        ["forms"] = new JsonArray("messages", "session"),
    };

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
