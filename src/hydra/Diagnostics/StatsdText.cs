using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>Writes figures as statsd reads them, a line each, in datagrams that fit a network's packets.</summary>
/// <param name="prefix">What stands in front of each name; a dot comes behind it.</param>
/// <param name="tags">Tags of DogStatsD for each figure, as "name:value,name"; empty for none.</param>
internal sealed class StatsdText(string prefix, string tags)
{
    /// <summary>Bytes of a datagram: what Ethernet's frames hold beside the headers of IPv6 and UDP.</summary>
    public const int DatagramSize = 1432;

    private readonly string _prefix = prefix.TrimEnd('.') is { Length: > 0 } given ? given + "." : "";
    private readonly string _suffix = tags.Length > 0 ? "|#" + tags : "";
    private readonly List<byte[]> _datagrams = [];
    private readonly StringBuilder _open = new();

    /// <summary>So many more; nothing is said of none.</summary>
    public void Count(string name, long value)
    {
        if (value != 0)
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}:{value}|c{_suffix}"));
        }
    }

    /// <summary>How much there is.</summary>
    public void Gauge(string name, long value) => Line(string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}:{value}|g{_suffix}"));

    /// <summary>How long something took.</summary>
    /// <param name="name">What.</param>
    /// <param name="milliseconds">How long.</param>
    /// <param name="rate">The share of all durations that are said, up to 1.</param>
    public void Timing(string name, double milliseconds, double rate)
        => Line(string.Create(
            CultureInfo.InvariantCulture, $"{_prefix}{name}:{milliseconds:0.###}|ms{(rate < 1 ? $"|@{rate.ToString("0.######", CultureInfo.InvariantCulture)}" : "")}{_suffix}"));

    /// <summary>What was written, and begins anew.</summary>
    public IReadOnlyList<byte[]> Take()
    {
        Close();
        byte[][] all = [.. _datagrams];
        _datagrams.Clear();
        return all;
    }

    private void Line(string line)
    {
        if (_open.Length > 0 && _open.Length + 1 + line.Length > DatagramSize)
        {
            Close();
        }

        _open.Append(_open.Length > 0 ? "\n" : "").Append(line);
    }

    private void Close()
    {
        if (_open.Length > 0)
        {
            _datagrams.Add(Encoding.UTF8.GetBytes(_open.ToString()));
            _open.Clear();
        }
    }
}
