using System.Text.RegularExpressions;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Supervision;

/// <summary>
/// Whether an application could not start because another process has what only one can have: a port, the lock of a file or a device, memory. Most
/// often that is the worker which it is to replace. Known by what Python and the libraries write, as nothing else tells.
/// </summary>
internal static partial class ExclusiveFailure
{
    /// <summary>Whether it is such a failure.</summary>
    /// <param name="failure">Why the worker could not start.</param>
    public static bool Is(WorkerFailure failure)
    {
        if (failure.Reason is not (StartFailure.ImportRaised or StartFailure.FactoryRaised or StartFailure.LifespanFailed or StartFailure.Internal))
        {
            return false;
        }

        if (Taken().IsMatch(failure.Message) && !Mistake().IsMatch(failure.Message))
        {
            return true;
        }

        // Of a traceback only the lines that name exceptions, of which there may be several, one the cause of the other; not the code.
        foreach (ReadOnlySpan<char> line in failure.Traceback.AsSpan().EnumerateLines())
        {
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]) && Taken().IsMatch(line) && !Mistake().IsMatch(line))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(
        "address already in use|only one usage of each socket address|resource temporarily unavailable|resource busy|text file busy|cannot allocate memory"
        + @"|out of memory|outofmemory|\bMemoryError\b|\block(ed|s|file)?\b|(?-i:Lock(ed|Error|Exception|Timeout)\b)|ended by SIGKILL",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Taken();

    [GeneratedRegex(@"(^|failed with |raised )(\w+\.)*(ImportError|ModuleNotFoundError|AttributeError|NameError|SyntaxError|IndentationError|TypeError|KeyError)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Mistake();
}
