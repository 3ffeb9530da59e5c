using System.Buffers;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

/// <summary>
/// One message behind delegates, since a ref struct cannot be a type argument. Values are ulong for integers and byte[] for
/// bytes, in the order of declaration.
/// </summary>
internal sealed record WireCase(MessageType Type, Type Struct, WireCase.FrameWriter WriteFrame, WireCase.PayloadReader Read)
{
    internal delegate void FrameWriter(object[] values, IBufferWriter<byte> output, FrameFlags flags, ulong stream);

    internal delegate object[]? PayloadReader(ReadOnlySpan<byte> payload);

    public IReadOnlyList<WireLayoutField> Layout { get; } = WireLayout.Of(Struct);

    public byte[] Frame(object[] values, FrameFlags flags = FrameFlags.None, ulong stream = 0)
    {
        var output = new ArrayBufferWriter<byte>();
        WriteFrame(values, output, flags, stream);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Values that fill each field's range, with bytes of up to <paramref name="longest"/>.</summary>
    public object[] Values(Random random, int longest) => [.. Layout.Select(field => field.IsBytes
        ? (object)Bytes(random, random.Next(longest + 1))
        : (ulong)random.NextInt64() & field.Max)];

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}

/// <summary>Every message that has fields.</summary>
internal static class WireCatalogue
{
    public static readonly IReadOnlyList<WireCase> All =
    [
        new(
            MessageType.Hello,
            typeof(HelloMessage),
            (v, output, flags, stream) => new HelloMessage
            {
                Schema = (ulong)v[0],
                ProcessId = U32(v[1]),
                Worker = U16(v[2]),
                Kind = U8(v[3]),
                Index = U8(v[4]),
                Token = Span(v[5]),
            }.WriteFrame(output, flags, stream),
            payload => HelloMessage.TryRead(payload, out HelloMessage m)
                ? [m.Schema, N(m.ProcessId), N(m.Worker), N(m.Kind), N(m.Index), m.Token.ToArray()] : null),
        new(
            MessageType.Welcome,
            typeof(WelcomeMessage),
            (v, output, flags, stream) => new WelcomeMessage { RequestWindow = U32(v[0]), ResponseWindow = U32(v[1]) }
                .WriteFrame(output, flags, stream),
            payload => WelcomeMessage.TryRead(payload, out WelcomeMessage m) ? [N(m.RequestWindow), N(m.ResponseWindow)] : null),
        new(
            MessageType.Ready,
            typeof(ReadyMessage),
            (v, output, flags, stream) => new ReadyMessage
            {
                Concurrency = U32(v[0]),
                Features = U32(v[1]),
                Interface = Span(v[2]),
                Python = Span(v[3]),
                Loop = Span(v[4]),
            }.WriteFrame(output, flags, stream),
            payload => ReadyMessage.TryRead(payload, out ReadyMessage m)
                ? [N(m.Concurrency), N(m.Features), m.Interface.ToArray(), m.Python.ToArray(), m.Loop.ToArray()] : null),
        new(
            MessageType.Failed,
            typeof(FailedMessage),
            (v, output, flags, stream) => new FailedMessage { Reason = U8(v[0]), Message = Span(v[1]), Traceback = Span(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => FailedMessage.TryRead(payload, out FailedMessage m)
                ? [N(m.Reason), m.Message.ToArray(), m.Traceback.ToArray()] : null),
        new(
            MessageType.Drain,
            typeof(DrainMessage),
            (v, output, flags, stream) => new DrainMessage { GraceMilliseconds = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => DrainMessage.TryRead(payload, out DrainMessage m) ? [N(m.GraceMilliseconds)] : null),
        new(
            MessageType.Ping,
            typeof(PingMessage),
            (v, output, flags, stream) => new PingMessage { Nonce = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => PingMessage.TryRead(payload, out PingMessage m) ? [N(m.Nonce)] : null),
        new(
            MessageType.Pong,
            typeof(PongMessage),
            (v, output, flags, stream) => new PongMessage { Nonce = U32(v[0]), LoopLagMicroseconds = U32(v[1]), IsDebugged = U8(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => PongMessage.TryRead(payload, out PongMessage m) ? [N(m.Nonce), N(m.LoopLagMicroseconds), N(m.IsDebugged)] : null),
        new(
            MessageType.Log,
            typeof(LogMessage),
            (v, output, flags, stream) => new LogMessage
            {
                CreatedMicroseconds = (ulong)v[0],
                Level = U8(v[1]),
                Logger = Span(v[2]),
                Message = Span(v[3]),
            }.WriteFrame(output, flags, stream),
            payload => LogMessage.TryRead(payload, out LogMessage m)
                ? [m.CreatedMicroseconds, N(m.Level), m.Logger.ToArray(), m.Message.ToArray()] : null),
        new(
            MessageType.Goodbye,
            typeof(GoodbyeMessage),
            (v, output, flags, stream) => new GoodbyeMessage { Cancelled = U32(v[0]), Message = Span(v[1]) }
                .WriteFrame(output, flags, stream),
            payload => GoodbyeMessage.TryRead(payload, out GoodbyeMessage m) ? [N(m.Cancelled), m.Message.ToArray()] : null),
        new(
            MessageType.Fork,
            typeof(ForkMessage),
            (v, output, flags, stream) => new ForkMessage { Sequence = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => ForkMessage.TryRead(payload, out ForkMessage m) ? [N(m.Sequence)] : null),
        new(
            MessageType.Forked,
            typeof(ForkedMessage),
            (v, output, flags, stream) => new ForkedMessage { Sequence = U32(v[0]), ProcessId = U32(v[1]), Message = Span(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => ForkedMessage.TryRead(payload, out ForkedMessage m) ? [N(m.Sequence), N(m.ProcessId), m.Message.ToArray()] : null),
        new(
            MessageType.Exited,
            typeof(ExitedMessage),
            (v, output, flags, stream) => new ExitedMessage { ProcessId = U32(v[0]), Code = U32(v[1]) }.WriteFrame(output, flags, stream),
            payload => ExitedMessage.TryRead(payload, out ExitedMessage m) ? [N(m.ProcessId), N(m.Code)] : null),
        new(
            MessageType.Part,
            typeof(PartMessage),
            (v, output, flags, stream) => new PartMessage { GraceMilliseconds = U32(v[0]), Sessions = U8(v[1]) }.WriteFrame(output, flags, stream),
            payload => PartMessage.TryRead(payload, out PartMessage m) ? [N(m.GraceMilliseconds), N(m.Sessions)] : null),
        new(
            MessageType.Kill,
            typeof(KillMessage),
            (v, output, flags, stream) => new KillMessage { ProcessId = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => KillMessage.TryRead(payload, out KillMessage m) ? [N(m.ProcessId)] : null),
        new(
            MessageType.Interrupt,
            typeof(InterruptMessage),
            (v, output, flags, stream) => new InterruptMessage { Target = (ulong)v[0], Link = U8(v[1]), Reason = U8(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => InterruptMessage.TryRead(payload, out InterruptMessage m) ? [m.Target, N(m.Link), N(m.Reason)] : null),
        new(
            MessageType.Request,
            typeof(RequestMessage),
            (v, output, flags, stream) => new RequestMessage
            {
                QueueMicroseconds = U32(v[0]),
                Method = Span(v[1]),
                RawPath = Span(v[2]),
                Query = Span(v[3]),
                Connection = Span(v[4]),
                Headers = Span(v[5]),
                Body = Span(v[6]),
            }.WriteFrame(output, flags, stream),
            payload => RequestMessage.TryRead(payload, out RequestMessage m)
                ?
                [
                    N(m.QueueMicroseconds), m.Method.ToArray(), m.RawPath.ToArray(), m.Query.ToArray(), m.Connection.ToArray(),
                    m.Headers.ToArray(), m.Body.ToArray(),
                ]
                : null),
        new(
            MessageType.Response,
            typeof(ResponseMessage),
            (v, output, flags, stream) => new ResponseMessage { Status = U16(v[0]), Headers = Span(v[1]), Body = Span(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => ResponseMessage.TryRead(payload, out ResponseMessage m)
                ? [N(m.Status), m.Headers.ToArray(), m.Body.ToArray()] : null),
        new(
            MessageType.Window,
            typeof(WindowMessage),
            (v, output, flags, stream) => new WindowMessage { Credit = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => WindowMessage.TryRead(payload, out WindowMessage m) ? [N(m.Credit)] : null),
        new(
            MessageType.Cancel,
            typeof(CancelMessage),
            (v, output, flags, stream) => new CancelMessage { Reason = U8(v[0]) }.WriteFrame(output, flags, stream),
            payload => CancelMessage.TryRead(payload, out CancelMessage m) ? [N(m.Reason)] : null),
        new(
            MessageType.Finished,
            typeof(FinishedMessage),
            (v, output, flags, stream) => new FinishedMessage { IsComplete = U8(v[0]) }.WriteFrame(output, flags, stream),
            payload => FinishedMessage.TryRead(payload, out FinishedMessage m) ? [N(m.IsComplete)] : null),
        new(
            MessageType.Accept,
            typeof(AcceptMessage),
            (v, output, flags, stream) => new AcceptMessage { Subprotocol = Span(v[0]), Headers = Span(v[1]) }
                .WriteFrame(output, flags, stream),
            payload => AcceptMessage.TryRead(payload, out AcceptMessage m) ? [m.Subprotocol.ToArray(), m.Headers.ToArray()] : null),
        new(
            MessageType.Close,
            typeof(CloseMessage),
            (v, output, flags, stream) => new CloseMessage { Code = U16(v[0]), Reason = Span(v[1]) }.WriteFrame(output, flags, stream),
            payload => CloseMessage.TryRead(payload, out CloseMessage m) ? [N(m.Code), m.Reason.ToArray()] : null),
        new(
            MessageType.File,
            typeof(FileMessage),
            (v, output, flags, stream) => new FileMessage { Offset = (ulong)v[0], Length = (ulong)v[1], Path = Span(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => FileMessage.TryRead(payload, out FileMessage m) ? [m.Offset, m.Length, m.Path.ToArray()] : null),
        new(
            MessageType.Opened,
            typeof(OpenedMessage),
            (v, output, flags, stream) => new OpenedMessage { Size = (ulong)v[0] }.WriteFrame(output, flags, stream),
            payload => OpenedMessage.TryRead(payload, out OpenedMessage m) ? [m.Size] : null),
        new(
            MessageType.Hint,
            typeof(HintMessage),
            (v, output, flags, stream) => new HintMessage { Headers = Span(v[0]) }.WriteFrame(output, flags, stream),
            payload => HintMessage.TryRead(payload, out HintMessage m) ? [m.Headers.ToArray()] : null),
        new(
            MessageType.Trailers,
            typeof(TrailersMessage),
            (v, output, flags, stream) => new TrailersMessage { Headers = Span(v[0]) }.WriteFrame(output, flags, stream),
            payload => TrailersMessage.TryRead(payload, out TrailersMessage m) ? [m.Headers.ToArray()] : null),
        new(
            MessageType.Reset,
            typeof(ResetMessage),
            (v, output, flags, stream) => new ResetMessage { Reason = U8(v[0]), Message = Span(v[1]) }
                .WriteFrame(output, flags, stream),
            payload => ResetMessage.TryRead(payload, out ResetMessage m) ? [N(m.Reason), m.Message.ToArray()] : null),
        new(
            MessageType.Taken,
            typeof(TakenMessage),
            (v, output, flags, stream) => new TakenMessage { BusyMicroseconds = U32(v[0]), Requests = U32(v[1]), Held = U32(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => TakenMessage.TryRead(payload, out TakenMessage m) ? [N(m.BusyMicroseconds), N(m.Requests), N(m.Held)] : null),
        new(
            MessageType.Capacity,
            typeof(CapacityMessage),
            (v, output, flags, stream) => new CapacityMessage { Threads = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => CapacityMessage.TryRead(payload, out CapacityMessage m) ? [N(m.Threads)] : null),
        new(
            MessageType.Inspect,
            typeof(InspectMessage),
            (v, output, flags, stream) => new InspectMessage { Target = (ulong)v[0], Sequence = U32(v[1]), Link = U8(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => InspectMessage.TryRead(payload, out InspectMessage m) ? [m.Target, N(m.Sequence), N(m.Link)] : null),
        new(
            MessageType.Stacks,
            typeof(StacksMessage),
            (v, output, flags, stream) => new StacksMessage { Sequence = U32(v[0]), Text = Span(v[1]) }.WriteFrame(output, flags, stream),
            payload => StacksMessage.TryRead(payload, out StacksMessage m) ? [N(m.Sequence), m.Text.ToArray()] : null),
        new(
            MessageType.Collect,
            typeof(CollectMessage),
            (v, output, flags, stream) => new CollectMessage { Sequence = U32(v[0]) }.WriteFrame(output, flags, stream),
            payload => CollectMessage.TryRead(payload, out CollectMessage m) ? [N(m.Sequence)] : null),
        new(
            MessageType.Collected,
            typeof(CollectedMessage),
            (v, output, flags, stream) => new CollectedMessage { Sequence = U32(v[0]), Outcome = U8(v[1]), Text = Span(v[2]) }
                .WriteFrame(output, flags, stream),
            payload => CollectedMessage.TryRead(payload, out CollectedMessage m) ? [N(m.Sequence), N(m.Outcome), m.Text.ToArray()] : null),
        new(
            MessageType.StateCall,
            typeof(StateCallMessage),
            (v, output, flags, stream) => new StateCallMessage
            {
                Number = (ulong)v[0],
                Other = (ulong)v[1],
                Milliseconds = (ulong)v[2],
                Sequence = U32(v[3]),
                Wait = U32(v[4]),
                Operation = U8(v[5]),
                Options = U8(v[6]),
                Key = Span(v[7]),
                Value = Span(v[8]),
            }.WriteFrame(output, flags, stream),
            payload => StateCallMessage.TryRead(payload, out StateCallMessage m)
                ? [m.Number, m.Other, m.Milliseconds, N(m.Sequence), N(m.Wait), N(m.Operation), N(m.Options), m.Key.ToArray(), m.Value.ToArray()] : null),
        new(
            MessageType.StateReply,
            typeof(StateReplyMessage),
            (v, output, flags, stream) => new StateReplyMessage
            {
                Number = (ulong)v[0],
                Other = (ulong)v[1],
                Sequence = U32(v[2]),
                Status = U8(v[3]),
                IsNumber = U8(v[4]),
                Value = Span(v[5]),
            }.WriteFrame(output, flags, stream),
            payload => StateReplyMessage.TryRead(payload, out StateReplyMessage m)
                ? [m.Number, m.Other, N(m.Sequence), N(m.Status), N(m.IsNumber), m.Value.ToArray()] : null),
        new(
            MessageType.StatePart,
            typeof(StatePartMessage),
            (v, output, flags, stream) => new StatePartMessage { Sequence = U32(v[0]), Value = Span(v[1]) }.WriteFrame(output, flags, stream),
            payload => StatePartMessage.TryRead(payload, out StatePartMessage m) ? [N(m.Sequence), m.Value.ToArray()] : null),
        new(
            MessageType.Subscribe,
            typeof(SubscribeMessage),
            (v, output, flags, stream) => new SubscribeMessage
            {
                Sequence = U32(v[0]),
                Limit = U32(v[1]),
                Operation = U8(v[2]),
                Policy = U8(v[3]),
                Options = U8(v[4]),
                Topic = Span(v[5]),
                Member = Span(v[6]),
                Info = Span(v[7]),
            }.WriteFrame(output, flags, stream),
            payload => SubscribeMessage.TryRead(payload, out SubscribeMessage m)
                ? [N(m.Sequence), N(m.Limit), N(m.Operation), N(m.Policy), N(m.Options), m.Topic.ToArray(), m.Member.ToArray(), m.Info.ToArray()] : null),
        new(
            MessageType.Subscribed,
            typeof(SubscribedMessage),
            (v, output, flags, stream) => new SubscribedMessage { Sequence = U32(v[0]), Status = U8(v[1]) }.WriteFrame(output, flags, stream),
            payload => SubscribedMessage.TryRead(payload, out SubscribedMessage m) ? [N(m.Sequence), N(m.Status)] : null),
        new(
            MessageType.Save,
            typeof(SaveMessage),
            (v, output, flags, stream) => new SaveMessage { Received = (ulong)v[0], Sequence = U32(v[1]), State = Span(v[2]) }.WriteFrame(output, flags, stream),
            payload => SaveMessage.TryRead(payload, out SaveMessage m) ? [N(m.Received), N(m.Sequence), m.State.ToArray()] : null),
        new(
            MessageType.Leave,
            typeof(LeaveMessage),
            (v, output, flags, stream) => new LeaveMessage { Kept = (ulong)v[0] }.WriteFrame(output, flags, stream),
            payload => LeaveMessage.TryRead(payload, out LeaveMessage m) ? [N(m.Kept)] : null),
        new(
            MessageType.Resume,
            typeof(ResumeMessage),
            (v, output, flags, stream) => new ResumeMessage { Sent = (ulong)v[0], Reason = U8(v[1]), Subprotocol = Span(v[2]), State = Span(v[3]) }.WriteFrame(output, flags, stream),
            payload => ResumeMessage.TryRead(payload, out ResumeMessage m) ? [N(m.Sent), N(m.Reason), m.Subprotocol.ToArray(), m.State.ToArray()] : null),
    ];

    /// <summary>For <c>[MemberData]</c>: the catalogue by type.</summary>
    public static TheoryData<byte> Types => [.. All.Select(item => (byte)item.Type)];

    public static WireCase Of(byte type) => All.Single(item => (byte)item.Type == type);

    /// <summary>Widens, so that it is boxed as a ulong whatever the field is.</summary>
    private static ulong N(ulong value) => value;

    private static byte U8(object value) => checked((byte)(ulong)value);

    private static ushort U16(object value) => checked((ushort)(ulong)value);

    private static uint U32(object value) => checked((uint)(ulong)value);

    private static ReadOnlySpan<byte> Span(object value) => (byte[])value;
}
