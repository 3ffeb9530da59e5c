using System.Buffers;
using System.Text;
using Hydra.Protocol;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Http.Fakes;

/// <summary>A frame that the front has sent.</summary>
internal sealed record SentFrame(FrameHeader Header, byte[] Payload);

/// <summary>
/// A worker whose process is the test: a real link, on which the test reads what the front has sent and says what a worker would say.
/// The front may write on any thread; the test is the link's reading side, one call at a time.
/// </summary>
internal sealed class FakeUpstream
{
    // Sent by the front and not taken by the test yet.
    private readonly List<SentFrame> _sent = [];

    /// <summary>A worker that is ready.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="threads">0 for an event loop.</param>
    /// <param name="limit">--limit-concurrency.</param>
    public FakeUpstream(int index = 0, int threads = 0, int limit = 0)
    {
        Handle = new WorkerHandle(index);
        Link = new WorkerLink(Channel, Handle, 0, OnClosed) { Abandoned = Abandoned.Add };
        Link.Start();
        Handle.Open([Link], new WorkerWindow(threads, limit));
    }

    public WorkerHandle Handle { get; }

    public WorkerLink Link { get; }

    public FakeChannel Channel { get; } = new();

    /// <summary>The rule of the protocol that it broke, if it did.</summary>
    public string? Violation { get; private set; }

    /// <summary>Streams whose clients have left.</summary>
    public List<ulong> Abandoned { get; } = [];

    /// <summary>Makes its requests count as quick, so that it is given many.</summary>
    public FakeUpstream Quick()
    {
        Handle.Window.Report(1, 1000);
        return this;
    }

    /// <summary>Takes all frames that the front has sent since the last time.</summary>
    public List<SentFrame> TakeFrames()
    {
        Collect();
        List<SentFrame> frames = [.. _sent];
        _sent.Clear();
        return frames;
    }

    /// <summary>Takes the REQUEST frames, and leaves the others.</summary>
    public List<SentRequest> TakeRequests() => [.. Take(frame => frame.Header.Type is MessageType.Request).Select(ReadRequest)];

    /// <summary>Takes what the front has sent of a stream's body beyond its REQUEST, and leaves the other frames.</summary>
    public byte[] TakeBody(ulong id) => [.. Take(frame => IsBody(frame, id)).SelectMany(frame => frame.Payload)];

    /// <summary>Takes the credit that the front has given for a stream's response.</summary>
    public long TakeCredit(ulong id) => Take(frame => Is(frame, MessageType.Window, id)).Sum(frame =>
        WindowMessage.TryRead(frame.Payload, out WindowMessage window) ? window.Credit : 0L);

    /// <summary>Waits for the next REQUEST.</summary>
    public async Task<SentRequest> NextRequestAsync()
        => ReadRequest(await NextAsync(frame => frame.Header.Type is MessageType.Request, "a REQUEST"));

    /// <summary>Waits until the front has sent the rest of a stream's body, and takes it.</summary>
    public async Task<byte[]> BodyToEndAsync(ulong id)
    {
        var body = new MemoryStream();
        SentFrame frame;
        do
        {
            frame = await NextAsync(sent => IsBody(sent, id), "more of the body");
            body.Write(frame.Payload);
        }
        while ((frame.Header.Flags & FrameFlags.End) == 0);

        return body.ToArray();
    }

    /// <summary>Waits for the CANCEL of a stream.</summary>
    public async Task<CancelReason> CancelledAsync(ulong id)
    {
        SentFrame frame = await NextAsync(sent => Is(sent, MessageType.Cancel, id), "a CANCEL");
        return CancelMessage.TryRead(frame.Payload, out CancelMessage cancel)
            ? (CancelReason)cancel.Reason
            : throw new InvalidOperationException("a CANCEL frame has wrong lengths");
    }

    /// <summary>Waits to be told that the client of a stream has closed its sending side.</summary>
    public async Task FinishedAsync(ulong id) => await NextAsync(sent => Is(sent, MessageType.Finished, id), "a FINISHED");

    /// <summary>Waits until the front has opened the file that a response goes on with.</summary>
    public async Task OpenedAsync(ulong id) => await NextAsync(sent => Is(sent, MessageType.Opened, id), "an OPENED");

    /// <summary>Answers in one frame.</summary>
    public void Respond(ulong id, int status = 200, string body = "", params IEnumerable<(string Name, string Value)> headers)
        => Respond(id, FrameFlags.End, status, body, headers);

    /// <summary>Begins an answer whose body goes on.</summary>
    public void BeginResponse(ulong id, int status = 200, string body = "", params IEnumerable<(string Name, string Value)> headers)
        => Respond(id, FrameFlags.None, status, body, headers);

    /// <summary>Answers with a file.</summary>
    public void RespondFile(ulong id, string path, ulong offset = 0, ulong length = ulong.MaxValue, params IEnumerable<(string Name, string Value)> headers)
        => Send(frame => new ResponseMessage
        {
            Status = 200,
            Headers = HeaderLists.Block(headers),
            Body = FilePayload(path, offset, length),
        }.WriteFrame(frame, FrameFlags.End | FrameFlags.File, id));

    /// <summary>Goes on with a file.</summary>
    public void SendFile(ulong id, string path, bool end)
        => Send(frame => new FileMessage { Length = ulong.MaxValue, Path = Encoding.UTF8.GetBytes(path) }
            .WriteFrame(frame, end ? FrameFlags.End : FrameFlags.None, id));

    /// <summary>Says what the client is to have before the answer.</summary>
    public void Hint(ulong id, params IEnumerable<(string Name, string Value)> headers)
        => Send(frame => new HintMessage { Headers = HeaderLists.Block(headers) }.WriteFrame(frame, FrameFlags.None, id));

    /// <summary>Ends a response with fields behind its body.</summary>
    public void SendTrailers(ulong id, params IEnumerable<(string Name, string Value)> headers)
        => Send(frame => new TrailersMessage { Headers = HeaderLists.Block(headers) }.WriteFrame(frame, FrameFlags.None, id));

    /// <summary>Sends a piece of a response's body.</summary>
    public void SendBody(ulong id, ReadOnlySpan<byte> data, bool end = false, bool isPart = false)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + data.Length];
        new FrameHeader(data.Length, MessageType.Body, end ? FrameFlags.End : isPart ? FrameFlags.More : FrameFlags.None, id).Write(frame);
        data.CopyTo(frame.AsSpan(ProtocolLimits.HeaderSize));
        Channel.Receive(frame);
    }

    /// <summary>Takes more of the request's body.</summary>
    public void Grant(ulong id, int credit)
        => Send(frame => new WindowMessage { Credit = (uint)credit }.WriteFrame(frame, FrameFlags.None, id));

    /// <summary>Gives no complete response.</summary>
    public void Reset(ulong id, ResetReason reason = ResetReason.ApplicationError, string message = "")
    {
        byte[] text = Encoding.UTF8.GetBytes(message);
        Send(frame => new ResetMessage { Reason = (byte)reason, Message = text }.WriteFrame(frame, FrameFlags.None, id));
    }

    /// <summary>Has begun the request and all before it, and says what the last ones have cost.</summary>
    public void Begin(ulong id, int busyMicroseconds = 0, int requests = 0) => Send(frame =>
        new TakenMessage { BusyMicroseconds = (uint)busyMicroseconds, Requests = (uint)requests }.WriteFrame(frame, FrameFlags.None, id));

    /// <summary>Accepts a session that may go on in another worker.</summary>
    public void AcceptKeeping(ulong id, string subprotocol = "", params IEnumerable<(string Name, string Value)> headers)
        => Accept(id, FrameFlags.Resume, subprotocol, headers);

    /// <summary>Accepts a session.</summary>
    public void Accept(ulong id, string subprotocol = "", params IEnumerable<(string Name, string Value)> headers)
        => Accept(id, FrameFlags.None, subprotocol, headers);

    /// <summary>Saves what is needed to go on in another worker, and waits for what comes of it.</summary>
    public async Task<StateStatus> SaveAsync(ulong id, string state, ulong received = 0)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(state);
        Send(frame => new SaveMessage { Received = received, Sequence = 7, State = bytes }.WriteFrame(frame, FrameFlags.None, id));
        SentFrame answer = await NextAsync(sent => Is(sent, MessageType.Subscribed, id), "a SUBSCRIBED");
        Assert.True(SubscribedMessage.TryRead(answer.Payload, out SubscribedMessage message) && message.Sequence == 7);
        return (StateStatus)message.Status;
    }

    /// <summary>Waits until it is to leave a stream; how many messages of that are its own.</summary>
    public async Task<ulong> LeftAsync(ulong id)
        => LeaveMessage.TryRead((await NextAsync(sent => Is(sent, MessageType.Leave, id), "a LEAVE")).Payload, out LeaveMessage leave)
            ? leave.Kept
            : throw new InvalidOperationException("a LEAVE frame has wrong lengths");

    /// <summary>Waits for a request that goes on: its stream, what was sent since the state was saved, why, the subprotocol, the state.</summary>
    public async Task<(ulong Id, (ulong Sent, ResumeReason Reason, string Subprotocol, string State) From)> NextResumedAsync()
    {
        SentRequest request = await NextRequestAsync();
        Assert.Equal(FrameFlags.Resume | FrameFlags.End, request.Flags & ~FrameFlags.Session);
        Assert.True(ResumeMessage.TryRead(request.Body, out ResumeMessage resume), "the RESUME has wrong lengths");
        return (request.Id, (resume.Sent, (ResumeReason)resume.Reason, Encoding.UTF8.GetString(resume.Subprotocol), Encoding.UTF8.GetString(resume.State)));
    }

    private void Accept(ulong id, FrameFlags flags, string subprotocol, IEnumerable<(string Name, string Value)> headers)
    {
        byte[] block = HeaderLists.Block(headers);
        byte[] protocol = Encoding.Latin1.GetBytes(subprotocol);
        Send(frame => new AcceptMessage { Subprotocol = protocol, Headers = block }.WriteFrame(frame, flags, id));
    }

    /// <summary>Sends a message of a session, or a part of one.</summary>
    public void SendData(ulong id, ReadOnlySpan<byte> data, FrameFlags flags = FrameFlags.None)
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + data.Length];
        new FrameHeader(data.Length, MessageType.Data, flags, id).Write(frame);
        data.CopyTo(frame.AsSpan(ProtocolLimits.HeaderSize));
        Channel.Receive(frame);
    }

    /// <summary>Ends a session.</summary>
    public void CloseSession(ulong id, ushort code, string reason = "")
    {
        byte[] text = Encoding.UTF8.GetBytes(reason);
        Send(frame => new CloseMessage { Code = code, Reason = text }.WriteFrame(frame, FrameFlags.None, id));
    }

    /// <summary>Waits for the next message of a session, or the next part of one.</summary>
    public async Task<(string Data, FrameFlags Flags)> NextDataAsync(ulong id)
    {
        SentFrame frame = await NextAsync(sent => Is(sent, MessageType.Data, id), "a DATA");
        return (Encoding.UTF8.GetString(frame.Payload), frame.Header.Flags);
    }

    /// <summary>Waits for the end of a session that the client has made.</summary>
    public async Task<(ushort Code, string Reason)> ClosedAsync(ulong id)
    {
        SentFrame frame = await NextAsync(sent => Is(sent, MessageType.Close, id), "a CLOSE");
        return CloseMessage.TryRead(frame.Payload, out CloseMessage close)
            ? (close.Code, Encoding.UTF8.GetString(close.Reason))
            : throw new InvalidOperationException("a CLOSE frame has wrong lengths");
    }

    /// <summary>Sends any bytes.
    public void Send(ReadOnlySpan<byte> data) => Channel.Receive(data);

    /// <summary>Dies.</summary>
    public void Crash(int exitCode = 128 + 11)
    {
        Channel.Close();
        Handle.SetExit(exitCode);
    }

    private static bool Is(SentFrame frame, MessageType type, ulong id) => frame.Header.Type == type && frame.Header.Stream == id;

    private static bool IsBody(SentFrame frame, ulong id) => Is(frame, MessageType.Body, id);

    private static SentRequest ReadRequest(SentFrame frame) => SentRequest.Read(frame.Header, frame.Payload);

    private void OnClosed(WorkerLink link, string? violation)
    {
        Violation = violation;
        Handle.Shut();
    }

    private void Respond(ulong id, FrameFlags flags, int status, string body, IEnumerable<(string, string)> headers)
        => Send(frame => new ResponseMessage
        {
            Status = (ushort)status,
            Headers = HeaderLists.Block(headers),
            Body = Encoding.Latin1.GetBytes(body),
        }.WriteFrame(frame, flags, id));

    private static byte[] FilePayload(string path, ulong offset, ulong length)
    {
        var frame = new ArrayBufferWriter<byte>();
        new FileMessage { Offset = offset, Length = length, Path = Encoding.UTF8.GetBytes(path) }.WriteFrame(frame, FrameFlags.None, 0);
        return frame.WrittenSpan[ProtocolLimits.HeaderSize..].ToArray();
    }

    private void Send(Action<ArrayBufferWriter<byte>> write)
    {
        var frame = new ArrayBufferWriter<byte>();
        write(frame);
        Channel.Receive(frame.WrittenSpan);
    }

    private async Task<SentFrame> NextAsync(Predicate<SentFrame> predicate, string what) => await Eventually.FindAsync(
        () =>
        {
            Collect();
            int index = _sent.FindIndex(predicate);
            SentFrame? found = index < 0 ? null : _sent[index];
            if (found is not null)
            {
                _sent.RemoveAt(index);
            }

            return found;
        },
        what,
        () => string.Join(", ", _sent.Select(frame => frame.Header.Type)));

    private List<SentFrame> Take(Predicate<SentFrame> predicate)
    {
        Collect();
        List<SentFrame> taken = _sent.FindAll(predicate);
        _sent.RemoveAll(predicate);
        return taken;
    }

    private void Collect()
    {
        lock (Channel.Gate)
        {
            _sent.AddRange(Channel.TakeFrames().Select(frame => new SentFrame(frame.Header, frame.Payload)));
        }
    }
}
