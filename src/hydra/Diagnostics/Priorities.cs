using System.Text;
using Microsoft.Extensions.Logging;

namespace Hydra.Diagnostics;

/// <summary>The priorities of syslog (RFC 5424, section 6.2.1), which the journal has, too.</summary>
internal static class Priorities
{
    /// <summary>The number of a level: 2 (critical) to 7 (debug).</summary>
    public static int Of(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    /// <summary>Puts the priority in front of each line: to the journal and to syslog a traceback of ten lines is ten messages.</summary>
    /// <param name="level">The level.</param>
    /// <param name="record">Lines with their ends.</param>
    public static ReadOnlySpan<byte> Prefix(LogLevel level, ReadOnlySpan<byte> record)
    {
        string prefix = $"<{Of(level)}>";
        var result = new MemoryStream(record.Length + 64);
        while (!record.IsEmpty)
        {
            int end = record.IndexOf((byte)'\n');
            end = end < 0 ? record.Length : end + 1;
            result.Write(Encoding.ASCII.GetBytes(prefix));
            result.Write(record[..end]);
            record = record[end..];
        }

        return result.GetBuffer().AsSpan(0, (int)result.Length);
    }
}
