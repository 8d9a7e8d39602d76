using Pysession.V1;

namespace Pysession.Exchange;

/// <summary>The options of all commands; each command reads those that it has a use for.</summary>
internal sealed record Options(string? Dialect, string? IfMatch, bool CreateOnly, string? Target, string? Prefix)
{
    private static readonly string[] WithValue = ["--dialect", "--if-match", "--target", "--prefix"];

    /// <summary>The options among the arguments, and the arguments without them; null: one of them is none.</summary>
    public static (Options Options, string[] Arguments)? From(string[] arguments)
    {
        var values = new Dictionary<string, string>();
        var createOnly = false;
        List<string> left = [];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (WithValue.Contains(arguments[i]) && i + 1 < arguments.Length)
            {
                values[arguments[i]] = arguments[++i];
            }
            else if (arguments[i] == "--create-only")
            {
                createOnly = true;
            }
            else if (arguments[i].StartsWith('-'))
            {
                return null;
            }
            else
            {
                left.Add(arguments[i]);
            }
        }
        var options = new Options(
            values.GetValueOrDefault("--dialect"),
            values.GetValueOrDefault("--if-match"),
            createOnly,
            values.GetValueOrDefault("--target"),
            values.GetValueOrDefault("--prefix")
        );
        return (options, [.. left]);
    }

    /// <summary>What must hold of what is there.</summary>
    public WriteOptions? Write() =>
        CreateOnly ? new WriteOptions { CreateOnly = true }
        : IfMatch is not null ? new WriteOptions { IfMatch = IfMatch }
        : null;
}
