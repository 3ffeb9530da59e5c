using System.Text;
using Hydra.Protocol;
using Hydra.Transport;

namespace Hydra.Workers.Links;

/// <summary>What a worker says on its control link. Called on the link's reading side; must not block.</summary>
internal interface IControlSink
{
    /// <summary>The application is loaded.</summary>
    void OnReady(WorkerInfo info);

    /// <summary>The worker cannot serve.</summary>
    void OnFailed(WorkerFailure failure);

    /// <summary>A log record.</summary>
    void OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message);

    /// <summary>The worker has drained.</summary>
    void OnGoodbye(int cancelled, string message);

    /// <summary>The worker has answered a PING.</summary>
    void OnPong(WorkerProbe probe);

    /// <summary>The worker has said where its code is.</summary>
    /// <returns>False when nobody has asked that.</returns>
    bool OnStacks(uint sequence, string text);

    /// <summary>The worker has said what was counted, or a part of it.</summary>
    /// <returns>Null, or the rule that it broke.</returns>
    string? OnCollected(uint sequence, CollectOutcome outcome, ReadOnlySpan<byte> text, bool more);

    /// <summary>The worker broke a rule, and this link is about to close.</summary>
    void OnViolation();

    /// <summary>The link has closed, with the rule that the worker broke, if it did.</summary>
    void OnControlClosed(string? violation);
}

/// <summary>What a worker that is ready says about itself.</summary>
internal sealed record WorkerInfo(string Interface, InterfaceFeatures Features, string Python, string Loop, int Concurrency);

/// <summary>Why a worker cannot serve.</summary>
internal sealed record WorkerFailure(StartFailure Reason, string Message, string Traceback);

/// <summary>How a worker does: what its PONG said. Each is an object of its own, by which a new answer is told from the last.</summary>
/// <param name="LoopLag">By how much the event loop is late, at least; zero where there is none.</param>
/// <param name="IsDebugged">Whether somebody debugs the worker: no time limit counts meanwhile.</param>
internal sealed record WorkerProbe(TimeSpan LoopLag, bool IsDebugged = false);

/// <summary>The link for a worker's life cycle, probes and log records.</summary>
internal sealed class ControlLink(LinkChannel channel, IControlSink sink) : ILinkSink
{
    private string? _violation;

    // Whether a PING waits for its PONG, under the gate. The nonce tells that PONG from any other.
    private uint _nonce;
    private bool _isAsked;

    /// <summary>The kinds of messages that a worker may send.</summary>
    public static FrameRules<ControlLink> Rules { get; } = new(
        "control",
        new(MessageType.Log, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnLog(payload)),
        new(MessageType.Ready, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnReady(payload)),
        new(MessageType.Failed, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnFailed(payload)),
        new(MessageType.Goodbye, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnGoodbye(payload)),
        new(MessageType.Pong, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnPong(payload)),
        new(MessageType.Stacks, FrameFlags.None, StreamEnd.Never, static (link, _, _, payload, _) => link.OnStacks(payload)),
        new(MessageType.Collected, FrameFlags.More, StreamEnd.Never, static (link, _, flags, payload, _) => link.OnCollected(payload, flags)));

    /// <summary>Begins to read.</summary>
    public void Start() => channel.Start(this);

    /// <summary>Closes the link.</summary>
    public void Close() => channel.Close();

    /// <summary>Asks the worker to finish and to exit.</summary>
    public void Drain(TimeSpan grace)
    {
        lock (channel.Gate)
        {
            new DrainMessage { GraceMilliseconds = Milliseconds(grace) }
                .WriteFrame(channel.Output, FrameFlags.None, 0);
            channel.FlushSoon();
        }
    }

    /// <summary>Has responses without an end of their own come to theirs, and sessions, where they are to end as well.</summary>
    public void Part(TimeSpan rest, bool sessions)
    {
        lock (channel.Gate)
        {
            new PartMessage { GraceMilliseconds = Milliseconds(rest), Sessions = sessions ? (byte)1 : (byte)0 }
                .WriteFrame(channel.Output, FrameFlags.None, 0);
            channel.FlushSoon();
        }
    }

    /// <summary>Has the worker stop what runs a stream, also when it does not read its data links.</summary>
    public void Interrupt(int link, ulong stream, CancelReason reason)
    {
        lock (channel.Gate)
        {
            new InterruptMessage { Target = stream, Link = (byte)link, Reason = (byte)reason }
                .WriteFrame(channel.Output, FrameFlags.None, 0);
            channel.FlushSoon();
        }
    }

    /// <summary>Asks the worker where its code is; changes nothing of what it does.</summary>
    /// <param name="sequence">Comes back with the answer.</param>
    /// <param name="link">The data link of the stream that is meant.</param>
    /// <param name="stream">The stream; 0 for everything.</param>
    public void Inspect(uint sequence, int link, ulong stream)
    {
        lock (channel.Gate)
        {
            new InspectMessage { Target = stream, Sequence = sequence, Link = (byte)link }.WriteFrame(channel.Output, FrameFlags.None, 0);
            channel.FlushSoon();
        }
    }

    /// <summary>Asks the worker what was counted.</summary>
    /// <param name="sequence">Comes back with the answer.</param>
    public void Collect(uint sequence)
    {
        lock (channel.Gate)
        {
            new CollectMessage { Sequence = sequence }.WriteFrame(channel.Output, FrameFlags.None, 0);
            channel.FlushSoon();
        }
    }

    /// <summary>Asks the worker how it does, unless it owes an answer already.</summary>
    public void Ping()
    {
        lock (channel.Gate)
        {
            if (!_isAsked)
            {
                _isAsked = true;
                new PingMessage { Nonce = ++_nonce }.WriteFrame(channel.Output, FrameFlags.None, 0);
                channel.FlushSoon();
            }
        }
    }

    int ILinkSink.OnBytes(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        _violation = Rules.ReadAll(this, ref rest);
        if (_violation is null)
        {
            return data.Length - rest.Length;
        }

        sink.OnViolation();
        return -1;
    }

    void ILinkSink.OnClosed(Exception? error) => sink.OnControlClosed(_violation);

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

    private string? OnReady(ReadOnlySpan<byte> payload)
    {
        if (!ReadyMessage.TryRead(payload, out ReadyMessage ready))
        {
            return "a READY frame is malformed";
        }

        sink.OnReady(new WorkerInfo(
            Text(ready.Interface),
            (InterfaceFeatures)ready.Features,
            Text(ready.Python),
            Text(ready.Loop),
            (int)Math.Min(ready.Concurrency, int.MaxValue)));
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

    private string? OnGoodbye(ReadOnlySpan<byte> payload)
    {
        if (!GoodbyeMessage.TryRead(payload, out GoodbyeMessage goodbye))
        {
            return "a GOODBYE frame is malformed";
        }

        sink.OnGoodbye((int)goodbye.Cancelled, Text(goodbye.Message));
        return null;
    }

    private string? OnPong(ReadOnlySpan<byte> payload)
    {
        if (!PongMessage.TryRead(payload, out PongMessage pong))
        {
            return "a PONG frame is malformed";
        }

        lock (channel.Gate)
        {
            if (pong.Nonce != _nonce || !_isAsked)
            {
                return "a PONG answers no PING";
            }

            _isAsked = false;
        }

        sink.OnPong(new WorkerProbe(TimeSpan.FromMicroseconds(pong.LoopLagMicroseconds), pong.IsDebugged != 0));
        return null;
    }

    private string? OnStacks(ReadOnlySpan<byte> payload)
    {
        if (!StacksMessage.TryRead(payload, out StacksMessage stacks))
        {
            return "a STACKS frame is malformed";
        }

        return sink.OnStacks(stacks.Sequence, Text(stacks.Text)) ? null : "a STACKS answers no INSPECT";
    }

    private string? OnCollected(ReadOnlySpan<byte> payload, FrameFlags flags)
        => CollectedMessage.TryRead(payload, out CollectedMessage collected)
            ? sink.OnCollected(collected.Sequence, (CollectOutcome)collected.Outcome, collected.Text, (flags & FrameFlags.More) != 0)
            : "a COLLECTED frame is malformed";

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static uint Milliseconds(TimeSpan time) => (uint)Math.Clamp(time.TotalMilliseconds, 0, uint.MaxValue);
}
