using System.Collections;
using System.Reflection;
using System.Text.Json;

namespace Pysession.Testee;

/// <summary>Reads every public property of a graph of the library's objects, so that nothing stays unparsed.</summary>
internal static class Touching
{
    internal static void Touch(object? value) => Touch(value, new HashSet<object>(ReferenceEqualityComparer.Instance));

    private static void Touch(object? value, HashSet<object> seen)
    {
        switch (value)
        {
            case null or string or JsonElement:
                return;
            case IEnumerable items when seen.Add(items):
                foreach (var item in items)
                {
                    Touch(item, seen);
                }

                return;
            case not null when IsOurs(value.GetType()) && (value.GetType().IsValueType || seen.Add(value)):
                foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
                {
                    if (property.CanRead && property.GetIndexParameters().Length == 0)
                    {
                        Touch(property.GetValue(value), seen);
                    }
                }

                return;
        }
    }

    // Dates, addresses and memory are what they are; what stands in a dictionary comes as pairs.
    private static bool IsOurs(Type type) =>
        type.Namespace is { } name
        && (name.StartsWith("Microsoft.Extensions.AI", StringComparison.Ordinal)
            || name.StartsWith("Pysession", StringComparison.Ordinal)
            || name == "System.Collections.Generic");
}
