using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>How many records the log had, by their level. Any thread.</summary>
internal sealed class LogCounts
{
    private readonly long[] _counts = new long[(int)LogLevel.None];

    /// <summary>A record goes to the log.</summary>
    public void Add(LogLevel level)
    {
        if (level < LogLevel.None)
        {
            Interlocked.Increment(ref _counts[(int)level]);
        }
    }

    /// <summary>How many there were of a level.</summary>
    public long Of(LogLevel level) => Interlocked.Read(ref _counts[(int)level]);
}
