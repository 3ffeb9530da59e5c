using System.Globalization;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Workers.Processes;

/// <summary>
/// A command with paths that are no UTF-8, which .NET cannot pass on: a shell makes their bytes and becomes the program. Python then has
/// its own name as it is, by which it finds its environment.
/// </summary>
internal static class OddCommand
{
    private const string Shell = "/bin/sh";

    /// <summary>What is to be started: the program with its arguments, or a shell with them.</summary>
    public static (string Program, IReadOnlyList<string> Arguments) Of(string program, IReadOnlyList<string> arguments)
        => OddPath.IsOdd(program) || arguments.Any(OddPath.IsOdd)
            ? (Shell, ["-c", "exec " + string.Join(' ', arguments.Prepend(program).Select(Quote))])
            : (program, arguments);

    // Each byte in octal: POSIX' printf knows no other, and whatever else a name has means nothing to the shell then.
    private static string Quote(string word)
        => OddPath.IsOdd(word)
            ? OddPath.Encode(word).Aggregate(new StringBuilder("\"$(printf '"), static (text, one) => text.Append('\\').Append(Convert.ToString(one, 8).PadLeft(3, '0')))
                .Append(CultureInfo.InvariantCulture, $"')\"").ToString()
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
