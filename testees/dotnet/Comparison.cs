using System.Text.Json;

namespace Pysession.Testee;

/// <summary>
/// What is different between a document and what was saved of it: pointer (`*` for any index) and kind, in the words of
/// the recordings. Numbers are compared by value, names first as they are and then without regard to case.
/// </summary>
internal static class Comparison
{
    internal static SortedSet<(string Pointer, string Kind)> Changes(JsonElement before, JsonElement after)
    {
        var found = new SortedSet<(string, string)>();
        Compare("", before, after, found);
        return found;
    }

    private static void Compare(string place, JsonElement before, JsonElement after, SortedSet<(string, string)> found)
    {
        if (before.ValueKind == JsonValueKind.Object && after.ValueKind == JsonValueKind.Object)
        {
            CompareMembers(place, Members(before), Members(after), found);
        }
        else if (before.ValueKind == JsonValueKind.Array && after.ValueKind == JsonValueKind.Array && before.GetArrayLength() == after.GetArrayLength())
        {
            foreach (var (one, other) in before.EnumerateArray().Zip(after.EnumerateArray()))
            {
                Compare($"{place}/*", one, other, found);
            }
        }
        else if (!AreEqual(before, after))
        {
            found.Add((place, "changed"));
        }
    }

    private static void CompareMembers(string place, Dictionary<string, JsonElement> before, Dictionary<string, JsonElement> after, SortedSet<(string, string)> found)
    {
        foreach (var (name, value) in before)
        {
            var partner = after.ContainsKey(name)
                ? name
                : after.Keys.FirstOrDefault(other => other.Equals(name, StringComparison.OrdinalIgnoreCase) && !before.ContainsKey(other));
            if (partner is null)
            {
                found.Add((Below(place, name), "vanished"));
                continue;
            }

            if (partner != name)
            {
                found.Add((Below(place, name), "renamed"));
            }

            after.Remove(partner, out var saved);
            Compare(Below(place, name), value, saved, found);
        }

        foreach (var name in after.Keys)
        {
            found.Add((Below(place, name), "appeared"));
        }
    }

    /// <summary>By name; of members of one name the last counts.</summary>
    private static Dictionary<string, JsonElement> Members(JsonElement value)
    {
        var members = new Dictionary<string, JsonElement>();
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        return members;
    }

    private static bool AreEqual(JsonElement before, JsonElement after) => (before.ValueKind, after.ValueKind) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => before.GetRawText() == after.GetRawText() || JsonElement.DeepEquals(before, after),
        (JsonValueKind.String, JsonValueKind.String) => before.ValueEquals(after.GetString()),
        var (one, other) => one == other && one is not (JsonValueKind.Array or JsonValueKind.Object),
    };

    private static string Below(string place, string name) => $"{place}/{name.Replace("~", "~0").Replace("/", "~1")}";
}
