using System.Collections.Concurrent;
using System.Diagnostics;
using Hydra.Protocol;

namespace Hydra.Bridge;

/// <summary>
/// A data link: hands frames to their streams and begins new ones. Frames come on the link's reading side alone; the streams end themselves, on any
/// thread.
/// </summary>
/// <param name="front">The link.</param>
/// <param name="program">The program that serves the requests.</param>
/// <param name="tellsStart">Whether a request that has waited gets X-Request-Start.</param>
internal sealed class DataLink(FrontLink front, ProgramService program, bool tellsStart) : IFrontSink
{
    private readonly ConcurrentDictionary<ulong, BridgeStream> _streams = new();
    private readonly ConcurrentDictionary<BridgeStream, bool> _running = new();
    private ulong _latest;
    private uint _begun;
    private long _since;

    /// <summary>The link.</summary>
    public FrontLink Front { get; } = front;

    /// <summary>The program.</summary>
    public ProgramService Program { get; } = program;

    /// <summary>The worker is about to go: requests are given back.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Those that are not through with their requests.</summary>
    public IEnumerable<Task> Running => _running.Keys.Select(static stream => stream.Over);

    /// <summary>Tells all streams that the worker is to go.</summary>
    public void Part(bool sessions)
    {
        foreach (BridgeStream stream in _running.Keys)
        {
            stream.OnPart(sessions);
        }
    }

    /// <summary>Ends all streams.</summary>
    /// <returns>How many there were.</returns>
    public int CancelAll()
    {
        BridgeStream[] running = [.. _running.Keys];
        Array.ForEach(running, static stream => stream.OnCancel());
        return running.Length;
    }

    /// <summary>The stream is over for the front: frames that still come are late.</summary>
    public void Forget(BridgeStream stream) => _streams.TryRemove(new KeyValuePair<ulong, BridgeStream>(stream.Id, stream));

    /// <inheritdoc/>
    public void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type is MessageType.Request)
        {
            OnRequest(header, payload);
        }
        else if (_streams.TryGetValue(header.Stream, out BridgeStream? stream))
        {
            OnOther(stream, header, payload);
        }
        else if (header.Type < MessageType.Request)
        {
            throw Malformed(header.Type);
        }
    }

    /// <inheritdoc/>
    public void OnBatch()
    {
        if (_begun > 0)
        {
            Front.SendTaken(_latest, (uint)Stopwatch.GetElapsedTime(_since).TotalMicroseconds, _begun);
            _begun = 0;
        }
    }

    private static FrontException Malformed(MessageType type) => new($"a frame of type {type} is malformed, or may not come here");

    private static void OnOther(BridgeStream stream, in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case MessageType.Body:
                stream.OnBytes(payload, header.Flags, payload.Length);
                break;
            case MessageType.Data:
                stream.OnBytes(payload, header.Flags, payload.Length + ProtocolLimits.DataCost);
                break;
            case MessageType.Window when WindowMessage.TryRead(payload, out WindowMessage window):
                stream.OnWindow(window.Credit);
                break;
            case MessageType.Cancel:
                stream.OnCancel();
                break;
            case MessageType.Finished when FinishedMessage.TryRead(payload, out FinishedMessage finished):
                stream.OnFinished(finished.IsComplete != 0);
                break;
            case MessageType.Close when CloseMessage.TryRead(payload, out CloseMessage close):
                stream.OnClose(close.Code, close.Reason);
                break;
            default:
                throw Malformed(header.Type);
        }
    }

    private void OnRequest(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!RequestMessage.TryRead(payload, out RequestMessage request) || _streams.ContainsKey(header.Stream))
        {
            throw Malformed(header.Type);
        }

        if (IsDraining || Program.HasEnded)
        {
            Front.SendReset(header.Stream, ResetReason.NotStarted, "The worker is going away.");
            return;
        }

        _since = _begun == 0 ? Stopwatch.GetTimestamp() : _since;
        _begun++;
        _latest = header.Stream;
        long start = tellsStart && request.QueueMicroseconds > 0
            ? ((DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) - request.QueueMicroseconds
            : 0;
        BridgeStream stream = (header.Flags & FrameFlags.Session) != 0
            ? new ProgramSession(this, header.Stream, header.Flags, request, start)
            : new ProgramExchange(this, header.Stream, header.Flags, request, start);
        _streams[header.Stream] = stream;
        _running[stream] = true;
        _ = RunAsync(stream);
    }

    private async Task RunAsync(BridgeStream stream)
    {
        await stream.RunAsync().ConfigureAwait(false);
        Forget(stream);
        _running.TryRemove(stream, out _);
    }
}
