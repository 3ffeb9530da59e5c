using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of responses that are compressed. Any thread.</summary>
internal sealed class CodingMetrics
{
    private readonly Counter[] _counters = [new("br"), new("gzip"), new("zstd")];

    /// <summary>Counts a response.</summary>
    /// <param name="coding">The name of its coding.</param>
    /// <param name="taken">Bytes before.</param>
    /// <param name="given">Bytes after.</param>
    public void Add(string coding, long taken, long given)
    {
        foreach (Counter counter in _counters)
        {
            if (counter.Coding == coding)
            {
                Interlocked.Increment(ref counter.Responses);
                Interlocked.Add(ref counter.Taken, taken);
                Interlocked.Add(ref counter.Given, given);
            }
        }
    }

    /// <summary>Writes the samples in the text format of Prometheus.</summary>
    public void Write(StringBuilder text)
    {
        Write(text, "hydra_compressed_responses_total", "Responses that were compressed.", static counter => Volatile.Read(ref counter.Responses));
        Write(text, "hydra_compressed_input_bytes_total", "What was compressed, before.", static counter => Volatile.Read(ref counter.Taken));
        Write(text, "hydra_compressed_output_bytes_total", "What was compressed, after.", static counter => Volatile.Read(ref counter.Given));
    }

    private void Write(StringBuilder text, string name, string help, Func<Counter, long> value)
    {
        PrometheusText.Head(text, name, "counter", help);
        foreach (Counter counter in _counters)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{coding=\"{counter.Coding}\"}} {value(counter)}\n");
        }
    }

    private sealed class Counter(string coding)
    {
        public long Responses;
        public long Taken;
        public long Given;

        public string Coding => coding;
    }
}
