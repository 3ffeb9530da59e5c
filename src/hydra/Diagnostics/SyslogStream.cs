using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hydra.Diagnostics;

/// <summary>
/// Sends lines that begin with a priority to a syslog daemon, a message each (RFC 3164; of a stream each ends with a line's end, RFC 6587, section 3.4.2):
/// a stream for an <see cref="OutputPump"/>. A daemon that goes away is looked for again with the next lines. For one thread.
/// </summary>
/// <param name="address">The daemon.</param>
/// <param name="facility">Its number, 0 to 23.</param>
/// <param name="tag">What the messages are called.</param>
internal sealed class SyslogStream(SyslogAddress address, int facility, string tag) : Stream
{
    // RFC 3164, section 4.1, has 1024 in all; daemons of today take 8 KiB.
    private const int LongestMessage = 8 << 10;

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    private readonly string _host = address.Path.Length > 0 ? "" : Environment.MachineName.Split('.')[0] + " ";
    private Socket? _socket;
    private bool _hasFailed;

    /// <summary>Told when the daemon takes nothing, with the reason, and with null when it takes messages again. On the writing thread.</summary>
    public Action<string?>? Trouble { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The numbers of facilities by their words (RFC 5424, section 6.2.1).</summary>
    public static IReadOnlyList<(string Name, int Number)> Facilities { get; } =
    [
        ("kern", 0), ("user", 1), ("mail", 2), ("daemon", 3), ("auth", 4), ("syslog", 5), ("lpr", 6), ("news", 7), ("uucp", 8), ("cron", 9),
        ("authpriv", 10), ("ftp", 11), ("local0", 16), ("local1", 17), ("local2", 18), ("local3", 19), ("local4", 20), ("local5", 21), ("local6", 22),
        ("local7", 23),
    ];

    /// <summary>Sends each line.</summary>
    /// <exception cref="IOException">The daemon takes nothing.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int end = buffer.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? buffer : buffer[..end];
            buffer = end < 0 ? default : buffer[(end + 1)..];
            if (line.Length > 3)
            {
                Send(Message(line));
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is kept.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _socket?.Dispose();
        base.Dispose(disposing);
    }

    // <3>text becomes <27>Nov 29 20:37:53 host tag[pid]: text.
    private byte[] Message(ReadOnlySpan<byte> line)
    {
        int severity = line[0] == '<' && line[2] == '>' ? line[1] - '0' : 6;
        ReadOnlySpan<byte> text = line[0] == '<' && line[2] == '>' ? line[3..] : line;
        DateTime now = DateTime.Now;
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"<{(facility * 8) + severity}>{Months[now.Month - 1]} {now.Day,2} {now:HH:mm:ss} {_host}{tag}[{Environment.ProcessId}]: ");
        byte[] bytes = Encoding.UTF8.GetBytes(head);
        text = text[..Math.Min(text.Length, LongestMessage - bytes.Length)];
        return [.. bytes, .. text, .. address.IsStream ? "\n"u8 : ""u8];
    }

    private void Send(byte[] message)
    {
        bool isNew = _socket is null;
        try
        {
            _socket ??= address.Connect();
            SendAll(message);
            if (_hasFailed)
            {
                _hasFailed = false;
                Trouble?.Invoke(null);
            }
        }
        catch (SocketException) when (!isNew)
        {
            // The daemon was started again, most likely.
            Abandon();
            Send(message);
        }
        catch (SocketException e)
        {
            Abandon();
            if (!_hasFailed)
            {
                _hasFailed = true;
                Trouble?.Invoke(e.Message);
            }

            throw new IOException(e.Message, e);
        }
    }

    private void SendAll(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            message = message[_socket!.Send(message)..];
        }
    }

    private void Abandon()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
