using System.Globalization;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>What is counted of sessions: messages of WebSockets, whole, with what they carry before it is compressed. Any thread.</summary>
internal sealed class SessionMetrics
{
    private long _messagesIn;
    private long _messagesOut;
    private long _bytesIn;
    private long _bytesOut;

    /// <summary>Counts what a client has sent.</summary>
    /// <param name="bytes">As much of a message.</param>
    /// <param name="isLast">Whether the message ends with it.</param>
    public void AddIn(long bytes, bool isLast)
    {
        Interlocked.Add(ref _bytesIn, bytes);
        if (isLast)
        {
            Interlocked.Increment(ref _messagesIn);
        }
    }

    /// <summary>Counts what an application has sent.</summary>
    /// <param name="bytes">As much of a message.</param>
    /// <param name="isLast">Whether the message ends with it.</param>
    public void AddOut(long bytes, bool isLast)
    {
        Interlocked.Add(ref _bytesOut, bytes);
        if (isLast)
        {
            Interlocked.Increment(ref _messagesOut);
        }
    }

    /// <summary>Writes the samples in the text format of Prometheus.</summary>
    public void Write(StringBuilder text)
    {
        const string Messages = "hydra_websocket_messages_total";
        const string Bytes = "hydra_websocket_bytes_total";
        PrometheusText.Head(text, Messages, "counter", "Messages of WebSockets, from clients (in) and to them (out).");
        text.Append(CultureInfo.InvariantCulture, $"{Messages}{{direction=\"in\"}} {Volatile.Read(ref _messagesIn)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Messages}{{direction=\"out\"}} {Volatile.Read(ref _messagesOut)}\n");
        PrometheusText.Head(text, Bytes, "counter", "What messages of WebSockets have carried, uncompressed.");
        text.Append(CultureInfo.InvariantCulture, $"{Bytes}{{direction=\"in\"}} {Volatile.Read(ref _bytesIn)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Bytes}{{direction=\"out\"}} {Volatile.Read(ref _bytesOut)}\n");
    }
}
