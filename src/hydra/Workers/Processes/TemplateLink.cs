using System.Buffers;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Processes;

/// <summary>What a template process says on its link. Called on the link's thread, one call at a time.</summary>
internal interface ITemplateSink
{
    /// <summary>The application is loaded.</summary>
    void OnReady();

    /// <summary>The application cannot be loaded.</summary>
    void OnFailed(WorkerFailure failure);

    /// <summary>A log record.</summary>
    void OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message);

    /// <summary>A worker is forked.</summary>
    /// <param name="sequence">What <see cref="TemplateLink.Fork"/> was called with.</param>
    /// <param name="pid">Its process; 0 when it could not be forked.</param>
    /// <param name="message">Why it could not be.</param>
    void OnForked(uint sequence, int pid, string message);

    /// <summary>A worker has ended.</summary>
    /// <param name="pid">Its process, whose number may be given to another one from now on.</param>
    /// <param name="code">Its exit code, or 128 and the number of the signal.</param>
    void OnExited(int pid, int code);

    /// <summary>Nothing comes any more: the process has ended, or has said what may not be said and is not heard any longer.</summary>
    void OnClosed();
}

/// <summary>The link to a template process. Any thread may send; <c>_lock</c> guards that side. A thread of its own reads.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TemplateLink(Socket socket, ITemplateSink sink)
{
    private static readonly FrameRules<TemplateLink> Rules = new(
        "template",
        new(MessageType.Log, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnLog(payload)),
        new(MessageType.Ready, FrameFlags.None, StreamEnd.Never, static (link, _, _, _, _) => link.OnReady()),
        new(MessageType.Failed, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnFailed(payload)),
        new(MessageType.Forked, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnForked(payload)),
        new(MessageType.Exited, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnExited(payload)));

    private readonly Lock _lock = new();
    private bool _isClosed;

    /// <summary>Begins to read.</summary>
    public void Start() => new Thread(Read, maxStackSize: 256 * 1024) { IsBackground = true, Name = "template link" }.Start();

    /// <summary>Has it fork a worker.</summary>
    /// <param name="sequence">Comes back with the answer.</param>
    /// <param name="streams">The worker's standard input, output and error.</param>
    /// <returns>False when the link is closed.</returns>
    public bool Fork(uint sequence, ReadOnlySpan<int> streams)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ForkMessage { Sequence = sequence }.WriteFrame(frame, FrameFlags.None, 0);
        return Send(frame.WrittenSpan, streams);
    }

    /// <summary>Has it end a worker at once.</summary>
    public void Kill(int pid)
    {
        var frame = new ArrayBufferWriter<byte>();
        new KillMessage { ProcessId = (uint)pid }.WriteFrame(frame, FrameFlags.None, 0);
        Send(frame.WrittenSpan, []);
    }

    /// <summary>Has it end when its last worker has.</summary>
    public void Drain()
    {
        var frame = new ArrayBufferWriter<byte>();
        new DrainMessage().WriteFrame(frame, FrameFlags.None, 0);
        Send(frame.WrittenSpan, []);
    }

    private bool Send(ReadOnlySpan<byte> frame, ReadOnlySpan<int> descriptors)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            try
            {
                DescriptorPassing.Send(socket, frame, descriptors);
                return true;
            }
            catch (SocketException)
            {
                // It has ended, as the reading side is about to notice.
                return false;
            }
        }
    }

    private void Read()
    {
        byte[] buffer = new byte[ProtocolLimits.HeaderSize + ProtocolLimits.MaxPayload];
        int count = 0;
        try
        {
            for (int received; (received = socket.Receive(buffer.AsSpan(count))) > 0;)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, count += received);
                if (Rules.ReadAll(this, ref rest) is not null)
                {
                    break;
                }

                rest.CopyTo(buffer);
                count = rest.Length;
            }
        }
        catch (SocketException)
        {
            // It was killed.
        }

        lock (_lock)
        {
            _isClosed = true;
            socket.Dispose();
        }

        sink.OnClosed();
    }

    private string? OnLog(ReadOnlySpan<byte> payload)
    {
        if (!LogMessage.TryRead(payload, out LogMessage log) || log.CreatedMicroseconds > long.MaxValue / 20)
        {
            return "a LOG frame is malformed";
        }

        DateTimeOffset created = DateTimeOffset.UnixEpoch.AddTicks((long)log.CreatedMicroseconds * TimeSpan.TicksPerMicrosecond);
        sink.OnLog((WireLogLevel)log.Level, created, Text(log.Logger), Text(log.Message));
        return null;
    }

    private string? OnReady()
    {
        sink.OnReady();
        return null;
    }

    private string? OnFailed(ReadOnlySpan<byte> payload)
    {
        if (!FailedMessage.TryRead(payload, out FailedMessage failed))
        {
            return "a FAILED frame is malformed";
        }

        sink.OnFailed(new WorkerFailure((StartFailure)failed.Reason, Text(failed.Message), Text(failed.Traceback)));
        return null;
    }

    private string? OnForked(ReadOnlySpan<byte> payload)
    {
        if (!ForkedMessage.TryRead(payload, out ForkedMessage forked))
        {
            return "a FORKED frame is malformed";
        }

        sink.OnForked(forked.Sequence, (int)forked.ProcessId, Text(forked.Message));
        return null;
    }

    private string? OnExited(ReadOnlySpan<byte> payload)
    {
        if (!ExitedMessage.TryRead(payload, out ExitedMessage exited))
        {
            return "an EXITED frame is malformed";
        }

        sink.OnExited((int)exited.ProcessId, (int)exited.Code);
        return null;
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
