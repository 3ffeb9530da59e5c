using System.Buffers;
using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>A frame that a worker got.</summary>
internal sealed record GotFrame(MessageType Type, FrameFlags Flags, ulong Id, byte[] Payload)
{
    public bool IsEnd => (Flags & FrameFlags.End) != 0;
}

/// <summary>
/// A worker whose process is the test: what it got is kept until the test asks for it, and what it sends comes at once. The front may
/// write from any thread; the test sends from one at a time.
/// </summary>
internal sealed class ScriptedWorker
{
    private readonly List<GotFrame> _got = [];

    /// <summary>A worker that is ready.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="threads">0 for an event loop, which is then quick: it is given many requests.</param>
    public ScriptedWorker(int index = 0, int threads = 0)
    {
        Handle = new WorkerHandle(index);
        Link = new WorkerLink(Channel, Handle, 0, static (link, _) => link.Worker.Shut());
        Link.Start();
        Handle.Open([Link], new WorkerWindow(threads, 0));
        if (threads == 0)
        {
            Handle.Window.Report(1, 1000);
        }
    }

    public WorkerHandle Handle { get; }

    public WorkerLink Link { get; }

    public FakeChannel Channel { get; } = new();

    /// <summary>All that it got since the last time.</summary>
    public List<GotFrame> TakeAll()
    {
        lock (Channel.Gate)
        {
            Collect();
            List<GotFrame> all = [.. _got];
            _got.Clear();
            return all;
        }
    }

    /// <summary>The first frame of a kind that it got, or null.</summary>
    public GotFrame? TryTake(MessageType type)
    {
        lock (Channel.Gate)
        {
            Collect();
            GotFrame? frame = _got.Find(f => f.Type == type);
            _ = frame is not null && _got.Remove(frame);
            return frame;
        }
    }

    /// <summary>Waits for a frame of a kind.</summary>
    public async Task<GotFrame> TakeAsync(MessageType type)
    {
        GotFrame? frame = null;
        await Until.True(() => (frame ??= TryTake(type)) is not null, $"the worker gets {type}");
        return frame!;
    }

    /// <summary>The id of the request that it got; there must be one.</summary>
    public ulong TakeRequest()
    {
        GotFrame? frame = TryTake(MessageType.Request);
        Assert.NotNull(frame);
        return frame.Id;
    }

    /// <summary>Waits for a request and gives its id.</summary>
    public async Task<ulong> TakeRequestAsync() => (await TakeAsync(MessageType.Request)).Id;

    /// <summary>The reason of the CANCEL that it got, or null.</summary>
    public CancelReason? TakeCancel() => TryTake(MessageType.Cancel) is { } frame ? (CancelReason)frame.Payload[0] : null;

    /// <summary>Answers as a whole.</summary>
    public void Answer(ulong id, string body = "", int status = 200, string headers = "")
        => Respond(id, body, status, headers, FrameFlags.End);

    /// <summary>Begins an answer that goes on.</summary>
    public void Begin(ulong id, string body = "", int status = 200, string headers = "")
        => Respond(id, body, status, headers, FrameFlags.None);

    /// <summary>Sends more of the response's body.</summary>
    public void Body(ulong id, string data, bool end = false)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + data.Length];
        new FrameHeader(data.Length, MessageType.Body, end ? FrameFlags.End : FrameFlags.None, id).Write(frame);
        Encoding.Latin1.GetBytes(data, frame.AsSpan(ProtocolLimits.HeaderSize));
        Channel.Receive(frame);
    }

    /// <summary>Takes more of the request's body.</summary>
    public void Window(ulong id, uint credit)
    {
        var frame = new ArrayBufferWriter<byte>();
        new WindowMessage { Credit = credit }.WriteFrame(frame, FrameFlags.None, id);
        Channel.Receive(frame.WrittenSpan);
    }

    /// <summary>Ends a request without an answer.</summary>
    public void Reset(ulong id, ResetReason reason, string message = "")
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResetMessage { Reason = (byte)reason, Message = Encoding.UTF8.GetBytes(message) }.WriteFrame(frame, FrameFlags.None, id);
        Channel.Receive(frame.WrittenSpan);
    }

    /// <summary>Has begun the request and all before it.</summary>
    public void Taken(ulong id)
    {
        var frame = new ArrayBufferWriter<byte>();
        new TakenMessage().WriteFrame(frame, FrameFlags.None, id);
        Channel.Receive(frame.WrittenSpan);
    }

    /// <summary>Dies: first its exit is known, then its link closes.</summary>
    public void Die(int exitCode = 1)
    {
        Handle.SetExit(exitCode);
        Channel.Close();
    }

    private void Respond(ulong id, string body, int status, string headers, FrameFlags flags)
    {
        var frame = new ArrayBufferWriter<byte>();
        new ResponseMessage
        {
            Status = (ushort)status,
            Headers = Encoding.Latin1.GetBytes(headers),
            Body = Encoding.Latin1.GetBytes(body),
        }.WriteFrame(frame, flags, id);
        Channel.Receive(frame.WrittenSpan);
    }

    private void Collect()
        => _got.AddRange(Channel.TakeFrames().Select(f => new GotFrame(f.Header.Type, f.Header.Flags, f.Header.Stream, f.Payload)));
}
